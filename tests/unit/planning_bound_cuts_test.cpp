// Bounds against all cuts and all divisions of small random graphs, and what bottlenecks claim against the graph.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "planning/bound.hpp"
#include "support/random_graphs.hpp"

namespace treering {
namespace {

using namespace test;

using Mask = std::uint32_t;  // node i is bit i

Mask rank_mask(const FlowGraph& graph) {
  Mask mask = 0;
  for (const NodeIndex node : ranks_of(graph)) mask |= Mask{1} << node;
  return mask;
}

Capacity into(const FlowGraph& graph, Mask set) {
  Capacity sum = 0;
  for (const FlowEdge& edge : graph.edges)
    if ((set >> edge.to & 1) != 0 && (set >> edge.from & 1) == 0) sum += edge.capacity;
  return sum;
}

/// Of all sets that hold a rank and leave a root out: the least of what comes in over how many roots are out.
Rational slowest_spread(const FlowGraph& graph, Mask roots) {
  std::optional<Rational> least;
  for (Mask set = 1; set < Mask{1} << graph.nodes.size(); ++set) {
    if ((set & rank_mask(graph)) == 0 || (roots & ~set) == 0) continue;
    const Rational rate = Rational::of(into(graph, set), std::popcount(roots & ~set));
    least = std::min(least.value_or(rate), rate);
  }
  return Rational::of(least->numerator * std::popcount(roots), least->denominator);
}

/// For each set of ranks, the least that comes into it together with any switches.
std::map<Mask, Capacity> least_into(const FlowGraph& graph) {
  std::map<Mask, Capacity> least;
  for (Mask set = 1; set < Mask{1} << graph.nodes.size(); ++set) {
    const Capacity capacity = into(graph, set);
    const auto [entry, is_new] = least.try_emplace(set & rank_mask(graph), capacity);
    entry->second = std::min(entry->second, capacity);
  }
  return least;
}

/// The least of sum of into(part) / 2(parts - 1), over all divisions of `ranks` beside those that are parts already.
Rational slowest_division(const std::map<Mask, Capacity>& least, Mask ranks, Capacity sum = 0, std::int64_t parts = 0) {
  if (ranks == 0) return parts > 1 ? Rational::of(sum, 2 * (parts - 1)) : Rational{unbounded, 1};
  const Mask first = ranks & -ranks;
  const Mask others = ranks & ~first;
  Rational slowest{unbounded, 1};
  for (Mask with = others;; with = (with - 1) & others) {
    slowest = std::min(slowest, slowest_division(least, others & ~with, sum + least.at(first | with), parts + 1));
    if (with == 0) return slowest;
  }
}

Rational slowest_exchange(const FlowGraph& graph) {
  const Mask ranks = rank_mask(graph);
  Rational slowest{unbounded, 1};
  for (const FlowGraph& way : {graph, reversed(graph)}) {
    slowest = std::min(slowest, slowest_division(least_into(way), ranks));
    for (const auto& [set, capacity] : least_into(way))
      if (set != 0 && set != ranks) slowest = std::min(slowest, Rational::of(capacity, 1));
  }
  return slowest;
}

Mask mask_of(const std::vector<NodeIndex>& nodes) {
  Mask mask = 0;
  for (const NodeIndex node : nodes) mask |= Mask{1} << node;
  return mask;
}

/// What the bottleneck of an all-gather or a broadcast allows, by itself.
Rational allowed_by_cut(const FlowGraph& graph, const Bottleneck& found, Mask roots) {
  EXPECT_EQ(found.parts.size(), 1u);
  const Mask all = (Mask{1} << graph.nodes.size()) - 1;
  const Mask receivers = found.inwards ? mask_of(found.parts.front()) : all & ~mask_of(found.parts.front());
  EXPECT_NE(receivers & rank_mask(graph), 0u);
  EXPECT_EQ(found.capacity, into(graph, receivers));
  // Where a connected part was named in place of all the rest, it is what this part sends that counts.
  return Rational::of(found.capacity * std::popcount(roots), std::popcount(roots & ~receivers));
}

/// What the bottleneck of an all-reduce allows, by itself: the links into the parts, each of them counted once.
Rational allowed_by_division(const FlowGraph& graph, const Bottleneck& found) {
  const FlowGraph way = found.inwards ? graph : reversed(graph);
  if (found.parts.size() == 1) return Rational::of(into(way, mask_of(found.parts.front())), 1);
  Mask seen = 0;
  for (const auto& part : found.parts) {
    EXPECT_EQ(seen & mask_of(part) & rank_mask(graph), 0u);
    seen |= mask_of(part);
  }
  EXPECT_EQ(seen & rank_mask(graph), rank_mask(graph));
  Capacity together = 0;
  for (const FlowEdge& edge : way.edges)
    for (const auto& part : found.parts)
      if ((mask_of(part) >> edge.to & 1) != 0 && (mask_of(part) >> edge.from & 1) == 0) {
        together += edge.capacity;
        break;
      }
  return Rational::of(together, 2 * (static_cast<std::int64_t>(found.parts.size()) - 1));
}

class BoundOfRandomGraphs : public testing::TestWithParam<Balance> {
 protected:
  /// Graphs of 2 to 7 ranks and 0 to 3 switches.
  template <class Check>
  void for_each_graph(Check check) {
    for (unsigned seed = 0; seed < 400; ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed);
      std::mt19937 random(seed);
      const auto ranks = static_cast<Rank>(2 + seed % 6);
      check(random_graph(random, ranks, static_cast<int>(seed / 6 % 4), GetParam()));
      if (HasFailure()) return;
    }
  }
};

TEST_P(BoundOfRandomGraphs, IsThatOfTheTightestOfAllCuts) {
  for_each_graph([](const FlowGraph& graph) {
    const Mask ranks = rank_mask(graph);
    const auto gather = throughput_bound(Collective::all_gather, graph);
    ASSERT_TRUE(gather);
    EXPECT_EQ(gather->bandwidth, slowest_spread(graph, ranks));
    EXPECT_EQ(allowed_by_cut(graph, gather->bottleneck, ranks), gather->bandwidth);
    const auto scatter = throughput_bound(Collective::reduce_scatter, graph);
    ASSERT_TRUE(scatter);
    EXPECT_EQ(scatter->bandwidth, slowest_spread(reversed(graph), ranks));
    Bottleneck backwards = scatter->bottleneck;
    backwards.inwards = !backwards.inwards;
    EXPECT_EQ(allowed_by_cut(reversed(graph), backwards, ranks), scatter->bandwidth);
  });
}

TEST_P(BoundOfRandomGraphs, FromAndToARootIsThatOfTheTightestOfAllCuts) {
  for_each_graph([](const FlowGraph& graph) {
    const auto last = static_cast<Rank>(ranks_of(graph).size() - 1);
    const Mask root = Mask{1} << ranks_of(graph).back();
    const auto broadcast = throughput_bound(Collective::broadcast, graph, last);
    ASSERT_TRUE(broadcast);
    EXPECT_EQ(broadcast->bandwidth, slowest_spread(graph, root));
    EXPECT_EQ(allowed_by_cut(graph, broadcast->bottleneck, root), broadcast->bandwidth);
    const auto reduce = throughput_bound(Collective::reduce, graph, last);
    ASSERT_TRUE(reduce);
    EXPECT_EQ(reduce->bandwidth, slowest_spread(reversed(graph), root));
  });
}

TEST_P(BoundOfRandomGraphs, OfAnAllReduceIsThatOfTheTightestOfAllDivisions) {
  for_each_graph([](const FlowGraph& graph) {
    const auto bound = throughput_bound(Collective::all_reduce, graph);
    ASSERT_TRUE(bound);
    const Rational slowest = slowest_exchange(graph);
    if (ranks_of(graph).size() == graph.nodes.size() || GetParam() == Balance::symmetric)
      EXPECT_EQ(bound->bandwidth, slowest);
    else
      EXPECT_LE(bound->bandwidth, slowest);  // parts may share switches
    EXPECT_EQ(allowed_by_division(graph, bound->bottleneck), bound->bandwidth);
  });
}

std::string name_of_balance(const testing::TestParamInfo<Balance>& given) {
  constexpr const char* names[] = {"Unbalanced", "Fillable", "Balanced", "Symmetric"};
  return names[static_cast<int>(given.param)];
}

INSTANTIATE_TEST_SUITE_P(All, BoundOfRandomGraphs,
                         testing::Values(Balance::none, Balance::fillable, Balance::balanced, Balance::symmetric),
                         name_of_balance);

}  // namespace
}  // namespace treering
