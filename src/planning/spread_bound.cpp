#include "planning/spread_bound.hpp"

#include <algorithm>
#include <utility>

namespace treering {
namespace {

class SpreadSearch {
 public:
  SpreadSearch(const FlowGraph& graph, const std::vector<Rank>& roots)
      : graph_(graph), network_(graph), is_root_(network_.ranks().size()), served_(network_.ranks().size()) {
    for (const Rank root : roots) is_root_[root] = true;
    roots_ = std::ranges::count(is_root_, true);
  }

  Spread run() {
    set_rate(first_guess());
    for (Rank rank = 0; rank < static_cast<Rank>(served_.size()); ++rank) {
      while (!serve(rank)) {
      }
      // No slower rate will fail here. What this rank has, the network may take as given: then only cuts without it are
      // looked for, and data are near everywhere.
      served_[rank] = true;
      network_.set_source(rank, unbounded);
    }
    return {rate_, std::move(tight_)};
  }

 private:
  /// What comes into a rank alone, whichever has the least.
  Rational first_guess() const {
    const auto into = capacities_into(graph_);
    Rational least{unbounded, 1};
    for (std::size_t rank = 0; rank < is_root_.size(); ++rank)
      if (const std::int64_t others = roots_ - is_root_[rank]; others > 0)
        least = std::min(least, Rational::of(into[network_.ranks()[rank]], others));
    return least;
  }

  /// In the network, all capacities are multiplied by the denominator.
  void set_rate(Rational rate) {
    rate_ = rate;
    tight_.clear();
    network_.scale_links(rate.denominator);
    for (Rank rank = 0; rank < static_cast<Rank>(served_.size()); ++rank)
      if (!served_[rank]) network_.set_source(rank, is_root_[rank] ? rate.numerator : 0);
  }

  /// Can all roots send to this rank at the present rate? If not, the rate is lowered to what the cut allows.
  bool serve(Rank rank) {
    const Capacity needed = rate_.numerator * roots_;
    const Capacity flow = network_.flow_to(rank, needed + 1);
    if (flow > needed) return true;
    NodeSet receivers = network_.sink_side();
    const std::int64_t senders = roots_outside(receivers);
    if (flow == needed) {
      if (senders > 0) tight_.push_back(std::move(receivers));
      return true;
    }
    set_rate(Rational::of(capacity_into(graph_, receivers), senders));
    return false;
  }

  std::int64_t roots_outside(const NodeSet& set) const {
    std::int64_t outside = 0;
    for (std::size_t rank = 0; rank < is_root_.size(); ++rank)
      if (is_root_[rank] && !set[network_.ranks()[rank]]) ++outside;
    return outside;
  }

  const FlowGraph& graph_;
  RankNetwork network_;
  std::vector<bool> is_root_;  // of each rank
  std::vector<bool> served_;   // of each rank: gets everything at the present rate
  std::int64_t roots_ = 0;
  Rational rate_;
  std::vector<NodeSet> tight_;
};

}  // namespace

Spread spread_bound(const FlowGraph& graph, const std::vector<Rank>& roots) {
  return SpreadSearch(graph, roots).run();
}

}  // namespace treering
