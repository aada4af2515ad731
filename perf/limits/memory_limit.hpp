// A collective by the least that memory allows: all ranks' buffers in one piece of shared memory, two processes that
// each do half of the work in one pass, and one exchange of flags.
#pragma once

#include <vector>

#include "crew.hpp"
#include "kernels.hpp"
#include "perf/peers/measure.hpp"

namespace limits {

class MemoryLimit : public peers::Library {
 public:
  /// `memory` holds 2 x ranks x bytes, rounded up to whole pages per buffer: see bytes_of().
  MemoryLimit(Worker& worker, int ranks, float* memory, std::size_t buffer_bytes, Stores stores)
      : worker_(worker), ranks_(ranks), memory_(memory), stride_(buffer_bytes / sizeof(float)), stores_(stores) {}

  int rank() const override { return worker_.index(); }
  int ranks() const override { return ranks_; }
  bool has_own_buffers() const override { return true; }
  void barrier() override { worker_.meet(); }
  void slowest(std::vector<double>& numbers) override { worker_.slowest(numbers); }
  std::function<void()> call(const peers::Shape& shape, float* input, float* output) override;
  void fill(const peers::Shape& shape, float* input, float* output) override;
  std::uint64_t wrong(const peers::Shape& shape, const float* output) override;

 private:
  float* input(int rank) const { return memory_ + static_cast<std::size_t>(rank) * stride_; }
  float* output(int rank) const { return memory_ + static_cast<std::size_t>(ranks_ + rank) * stride_; }
  std::vector<Move> moves(const peers::Shape& shape) const;

  Worker& worker_;
  int ranks_;
  float* memory_;
  std::size_t stride_;
  Stores stores_;
};

}  // namespace limits
