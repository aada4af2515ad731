#include "planning/exchange_bound.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "planning/rational.hpp"

namespace treering {
namespace {

/// A division of the ranks by its price: sum of into(part) - 2 rate (parts - 1), times the denominator of 2 rate.
struct Division {
  Capacity price = 0;  // 0 is the most: a single part
  std::vector<NodeSet> parts;
};

/// Parts that have no rank in common, though perhaps switches.
class DisjointParts {
 public:
  /// Of the nodes of a graph; `ranks` outlives this.
  DisjointParts(std::size_t nodes, const std::vector<NodeIndex>& ranks) : ranks_(ranks), part_of_(nodes, none) {}

  /// Unites the set with the parts that share a rank with it. O(nodes) for each of these.
  void include(NodeSet set) {
    for (const NodeIndex rank : ranks_)
      if (set[rank] && part_of_[rank] != none) take_in(set, parts_[part_of_[rank]]);
    for (const NodeIndex rank : ranks_)
      if (set[rank]) part_of_[rank] = parts_.size();
    parts_.push_back(std::move(set));
  }

  std::vector<NodeSet> take() && {
    std::erase_if(parts_, [](const NodeSet& part) { return part.empty(); });
    return std::move(parts_);
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  static void take_in(NodeSet& set, NodeSet& part) {
    if (part.empty()) return;  // by another of its ranks
    unite(set, part);
    part = {};
  }

  const std::vector<NodeIndex>& ranks_;
  std::vector<std::size_t> part_of_;  // of each rank's node: of `parts_`
  std::vector<NodeSet> parts_;        // empty where another has taken it in
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
    DisjointParts parts(graph_.nodes.size(), network_.ranks());
    positive_ = 0;
    for (Rank rank = 0; rank < ranks; ++rank) {
      network_.set_source(rank, 0);
      network_.set_sink(rank, unbounded);
      const Capacity value = network_.flow_to_sink() - positive_ - doubled_rate_.numerator;
      parts.include(network_.sink_side());
      division.price += value;
      set_value(rank, value);
    }
    division.parts = std::move(parts).take();
    return division;
  }

  /// A set that holds the rank gains its value. In a cut, the price of leaving it out, or of taking it if negative.
  void set_value(Rank rank, Capacity value) {
    network_.set_source(rank, std::max<Capacity>(0, -value));
    network_.set_sink(rank, std::max<Capacity>(0, value));
    positive_ += std::max<Capacity>(0, value);
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
