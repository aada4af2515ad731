// Sums of float vectors into vectors, one pass: what any collective on shared buffers must do with memory.
#pragma once

#include <cstddef>
#include <vector>

namespace limits {

/// Every vector of `to` becomes the sum of those of `from` (one: a copy).
struct Move {
  std::vector<const float*> from;
  std::vector<float*> to;
  std::size_t count = 0;
};

/// Non-temporal stores go around the caches: right for what does not fit them, wrong for what does.
enum class Stores { cached, streaming };

/// The elements [begin, end) of a move.
void carry_out(const Move& move, std::size_t begin, std::size_t end, Stores stores);

}  // namespace limits
