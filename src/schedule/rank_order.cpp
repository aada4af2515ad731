#include "schedule/rank_order.hpp"

#include <algorithm>
#include <numeric>

namespace treering {
namespace {

/// The blocks of a layout in the order of positions, and the tables that it then needs.
class Moved {
 public:
  Moved(const RankOrder& order, const Layout& layout, Rank ranks) {
    for (Rank position = 0; position < ranks; ++position) {
      const Block block = layout[order.rank_at(position)];
      counts_.push_back(block.count);
      firsts_.push_back(block.first);
    }
  }
  Layout layout() const { return {0, counts_, firsts_}; }

 private:
  std::vector<std::uint64_t> counts_, firsts_;
};

}  // namespace

RankOrder::RankOrder(std::vector<Rank> ranks) {
  if (std::ranges::is_sorted(ranks)) return;
  rank_at_ = std::move(ranks);
  position_of_.resize(rank_at_.size());
  for (std::size_t k = 0; k < rank_at_.size(); ++k)
    position_of_[static_cast<std::size_t>(rank_at_[k])] = static_cast<Rank>(k);
}

// FNV-1a over the ranks.
std::uint32_t RankOrder::digest() const {
  if (is_rank_order()) return 0;
  return std::accumulate(rank_at_.begin(), rank_at_.end(), 0x811c9dc5u, [](std::uint32_t hash, Rank rank) {
    return (hash ^ static_cast<std::uint32_t>(rank)) * 0x01000193u;
  });
}

Schedule in_order(const RankOrder& order, const Shape& shape, const std::function<Schedule(const Shape&)>& algorithm) {
  if (order.is_rank_order()) return algorithm(shape);
  const Moved sends(order, shape.sends, shape.ranks), recvs(order, shape.recvs, shape.ranks);
  Shape in_a_row = shape;
  in_a_row.rank = order.position_of(shape.rank);
  in_a_row.root = order.position_of(shape.root);
  in_a_row.sends = sends.layout();
  in_a_row.recvs = recvs.layout();
  Schedule schedule = algorithm(in_a_row);
  // Peers that differ still do, and places stay: so the dependencies that were derived are those of the result.
  for (Lane& lane : schedule.lanes)
    for (Act& word : lane.acts)
      if (on_wire(word)) word.peer = order.rank_at(word.peer);
  return schedule;
}

}  // namespace treering
