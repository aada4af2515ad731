// What a schedule costs, in numbers that know no machine: src/planning turns them into time.
#pragma once

#include <bit>
#include <cstdint>

#include "schedule/shape.hpp"

namespace treering {

/// For sums over all ranks: 2^20 of them that each send 2^43 bytes to all others.
__extension__ using Wide = unsigned __int128;

/// The terms of an algorithm's price. Volumes are in elements. Equal on all ranks: nothing here depends on the rank.
struct Cost {
  std::uint64_t steps = 0;         ///< messages that come one after another, each waiting for the one before
  std::uint64_t messages = 0;      ///< messages that the busiest rank sends (or receives, if those are more)
  std::uint64_t volume = 0;        ///< elements in these messages
  std::uint64_t folded = 0;        ///< elements that the busiest rank combines
  std::uint64_t all_messages = 0;  ///< the same, summed over all ranks
  Wide all_volume = 0;
  Wide all_folded = 0;
  /// May `messages` be any larger number too, the volume cut into as many? Then `steps` grows by as much: a pipeline.
  bool streams = false;
};

/// Rounds of halving or doubling: the smallest q with 2^q >= ranks. Written q in the papers.
constexpr std::uint64_t rounds(Rank ranks) {
  return ranks <= 1 ? 0 : static_cast<std::uint64_t>(std::bit_width(static_cast<std::uint32_t>(ranks - 1)));
}

/// Elements of all blocks together.
constexpr std::uint64_t total(const Layout& layout, Rank ranks) {
  std::uint64_t sum = 0;
  for (Rank q = 0; q < ranks; ++q) sum += layout[q].count;
  return sum;
}

/// Elements of the largest block.
constexpr std::uint64_t largest(const Layout& layout, Rank ranks) {
  std::uint64_t most = 0;
  for (Rank q = 0; q < ranks; ++q) most = std::max(most, layout[q].count);
  return most;
}

/// Elements of all blocks but the smallest: what the busiest rank sends of a vector of which everybody has a block.
constexpr std::uint64_t all_but_one(const Layout& layout, Rank ranks) {
  std::uint64_t smallest = layout[0].count;
  for (Rank q = 1; q < ranks; ++q) smallest = std::min(smallest, layout[q].count);
  return total(layout, ranks) - smallest;
}

/// The same for the balanced split of `count` elements.
constexpr std::uint64_t all_but_one(std::uint64_t count, Rank ranks) {
  return count - split(count, ranks, ranks - 1).count;
}

}  // namespace treering
