// Who stands where. Algorithms are written for ranks in a row: neighbours in a ring, ranges in a tree. Which rank
// stands at which position of that row is free, wherever an operation does not ask for the order of ranks; then near
// ranks should be neighbours.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

/// Ranks 0 .. p-1 in a row, each once. A value; the same on all ranks of an operation.
class RankOrder {
 public:
  /// Every rank stands at its own position, however many there are.
  RankOrder() = default;
  /// ranks[k] stands at position k: a permutation of 0 .. size-1.
  explicit RankOrder(std::vector<Rank> ranks);

  bool is_rank_order() const { return rank_at_.empty(); }
  Rank rank_at(Rank position) const {
    return is_rank_order() ? position : rank_at_[static_cast<std::size_t>(position)];
  }
  Rank position_of(Rank rank) const { return is_rank_order() ? rank : position_of_[static_cast<std::size_t>(rank)]; }

  /// 0 for the order of ranks.
  std::uint32_t digest() const;

 private:
  std::vector<Rank> rank_at_;  // both empty: the order of ranks
  std::vector<Rank> position_of_;
};

/// What `algorithm` says for the rank of `shape` if ranks stand in this order: it is asked about positions, and what it
/// answers is said of the ranks that stand there. Blocks stay those of their ranks.
Schedule in_order(const RankOrder& order, const Shape& shape, const std::function<Schedule(const Shape&)>& algorithm);

}  // namespace treering
