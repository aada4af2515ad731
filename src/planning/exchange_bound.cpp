#include "planning/exchange_bound.hpp"

#include <algorithm>
#include <utility>

#include "planning/rational.hpp"

namespace treering {
namespace {

/// A division of the ranks by its price: sum of into(part) - 2 rate (parts - 1), times the denominator of 2 rate.
struct Division {
  Capacity price = 0;  // 0 is the most: a single part
  std::vector<NodeSet> parts;
};

class ExchangeSearch {
 public:
  explicit ExchangeSearch(const FlowGraph& graph) : graph_(graph), network_(graph) {}

  std::vector<NodeSet> run() {
    const auto into = capacities_into(graph_);
    Capacity sum = 0;
    for (const NodeIndex node : network_.ranks()) sum += into[node];
    doubled_rate_ = Rational::of(sum, static_cast<std::int64_t>(network_.ranks().size()) - 1);
    for (;;) {
      Division best = cheapest_division();
      if (best.price == 0) return std::move(best.parts);
      sum = 0;
      for (const NodeSet& part : best.parts) sum += capacity_into(graph_, part);
      doubled_rate_ = Rational::of(sum, static_cast<std::int64_t>(best.parts.size()) - 1);
    }
  }

 private:
  /// f(X) = into(X) - 2 rate is what a part X adds to the price. The greedy algorithm gives each rank in turn the most
  /// value with which no set of ranks so far is worth more than its f; the sum is the least that a division can cost.
  /// Sets that are worth their f and share a rank are so together, too: they grow into the parts.
  Division cheapest_division() {
    network_.scale_links(doubled_rate_.denominator);
    const auto ranks = static_cast<Rank>(network_.ranks().size());
    for (Rank rank = 0; rank < ranks; ++rank) {
      network_.set_source(rank, unbounded);  // not yet seen: in no set
      network_.set_sink(rank, 0);
    }
    Division division{doubled_rate_.numerator, {}};
    positive_ = 0;
    for (Rank rank = 0; rank < ranks; ++rank) {
      network_.set_source(rank, 0);
      network_.set_sink(rank, unbounded);
      const Capacity value = network_.flow_to_sink() - positive_ - doubled_rate_.numerator;
      include(division.parts, network_.sink_side());
      division.price += value;
      set_value(rank, value);
    }
    return division;
  }

  /// A set that holds the rank gains its value. In a cut, the price of leaving it out, or of taking it if negative.
  void set_value(Rank rank, Capacity value) {
    network_.set_source(rank, std::max<Capacity>(0, -value));
    network_.set_sink(rank, std::max<Capacity>(0, value));
    positive_ += std::max<Capacity>(0, value);
  }

  bool share_a_rank(const NodeSet& a, const NodeSet& b) const {
    return std::ranges::any_of(network_.ranks(), [&](NodeIndex node) { return a[node] && b[node]; });
  }

  void include(std::vector<NodeSet>& parts, NodeSet set) const {
    std::vector<NodeSet> others;
    for (NodeSet& part : parts) {
      if (share_a_rank(part, set))
        unite(set, part);
      else
        others.push_back(std::move(part));
    }
    others.push_back(std::move(set));
    parts = std::move(others);
  }

  const FlowGraph& graph_;
  RankNetwork network_;
  Rational doubled_rate_;
  Capacity positive_ = 0;  // the sum of all positive values
};

}  // namespace

std::vector<NodeSet> tightest_division(const FlowGraph& graph) {
  return ExchangeSearch(graph).run();
}

}  // namespace treering
