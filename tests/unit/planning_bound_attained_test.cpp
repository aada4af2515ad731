// Where a bound is said to be attained, switches can be replaced by direct links between ranks without loss: they need
// only pass on. (Between ranks alone, trees attain it: Edmonds.)
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "planning/bound.hpp"
#include "support/random_graphs.hpp"

namespace treering {
namespace {

using namespace test;

using Mask = std::uint32_t;  // node i is bit i

/// A graph in which all ranks spread data at a rate, while its switches are split off: links into and out of a switch
/// become links past it.
class Splitting {
 public:
  Splitting(const FlowGraph& graph, Rational rate) : graph_(graph), rate_(rate) {
    const std::size_t nodes = graph.nodes.size();
    links_.assign(nodes, std::vector<Capacity>(nodes));
    for (const auto& [from, to, capacity] : graph.edges) links_[from][to] += capacity * rate.denominator;
    for (const NodeIndex node : ranks_of(graph)) ranks_ |= Mask{1} << node;
  }

  /// False where a link out of the switch cannot be replaced.
  bool split_off(NodeIndex relay) {
    for (NodeIndex to = 0; to < links_.size(); ++to)
      for (NodeIndex from = 0; from < links_.size(); ++from) move_past(from, relay, to);
    return std::ranges::all_of(links_[relay], [](Capacity capacity) { return capacity == 0; });
  }

  FlowGraph result() const {
    FlowGraph made{graph_.nodes, {}};
    for (NodeIndex from = 0; from < links_.size(); ++from)
      for (NodeIndex to = 0; to < links_.size(); ++to)
        if (links_[from][to] > 0 && from != to) made.edges.push_back({from, to, links_[from][to]});
    return made;
  }

 private:
  /// As much as every set with a rank can spare.
  void move_past(NodeIndex from, NodeIndex relay, NodeIndex to) {
    Capacity most = std::min(links_[from][relay], links_[relay][to]);
    for (Mask set = 1; set < Mask{1} << links_.size() && most > 0; ++set) {
      const bool relay_inside = holds(set, relay);
      const bool loses = holds(set, from) == holds(set, to) && holds(set, to) != relay_inside;
      if (loses && (set & ranks_) != 0) most = std::min(most, spare(set));
    }
    links_[from][relay] -= most;
    links_[relay][to] -= most;
    links_[from][to] += most;
  }

  Capacity spare(Mask set) const {
    Capacity spare = 0;
    for (NodeIndex from = 0; from < links_.size(); ++from) {
      if (holds(set, from)) continue;
      if (holds(ranks_, from)) spare -= rate_.numerator;
      for (NodeIndex to = 0; to < links_.size(); ++to)
        if (holds(set, to)) spare += links_[from][to];
    }
    return spare;
  }

  static bool holds(Mask set, NodeIndex node) { return (set >> node & 1) != 0; }

  const FlowGraph& graph_;
  Rational rate_;
  std::vector<std::vector<Capacity>> links_;  // from, to
  Mask ranks_ = 0;
};

TEST(BoundAttained, OutlivesTheSwitches) {
  int attained = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const auto ranks = static_cast<Rank>(2 + seed % 5);
    const FlowGraph graph =
        random_graph(random, ranks, static_cast<int>(1 + seed / 5 % 3), static_cast<Balance>(seed % 4));
    const auto bound = throughput_bound(Collective::all_gather, graph);
    ASSERT_TRUE(bound);
    if (!bound->attained) continue;
    ++attained;
    const Rational rate = Rational::of(bound->bandwidth.numerator, bound->bandwidth.denominator * ranks);
    Splitting splitting(graph, rate);
    for (NodeIndex node = 0; node < graph.nodes.size(); ++node)
      ASSERT_TRUE(graph.nodes[node].computes || splitting.split_off(node));
    const auto without = throughput_bound(Collective::all_gather, splitting.result());
    ASSERT_TRUE(without);
    EXPECT_EQ(without->bandwidth,
              Rational::of(bound->bandwidth.numerator * rate.denominator, bound->bandwidth.denominator));
  }
  EXPECT_GT(attained, 450);
}

}  // namespace
}  // namespace treering
