// Bounds of topologies for which the optimum is known.
#include "planning/bound.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/sample_graphs.hpp"

namespace treering {
namespace {

using namespace test;

constexpr Collective bounded[] = {Collective::all_gather, Collective::reduce_scatter, Collective::all_reduce,
                                  Collective::broadcast, Collective::reduce};

/// The bound, which is expected to be the optimum.
Rational optimum(Collective collective, const FlowGraph& graph, Rank root = 0) {
  const auto bound = throughput_bound(collective, graph, root);
  EXPECT_TRUE(bound) << bound.error().message;
  if (!bound) return {};
  EXPECT_TRUE(bound->attained) << name_of(collective);
  return bound->bandwidth;
}

TEST(Bound, OfARingIsThatOfItsRingAlgorithms) {
  for (const Rank ranks : {2, 3, 7, 16}) {
    const FlowGraph one_way = ring_graph(ranks, 60, false);
    EXPECT_EQ(optimum(Collective::all_gather, one_way), Rational::of(60 * ranks, ranks - 1));
    EXPECT_EQ(optimum(Collective::reduce_scatter, one_way), Rational::of(60 * ranks, ranks - 1));
    EXPECT_EQ(optimum(Collective::all_reduce, one_way), Rational::of(60 * ranks, 2 * (ranks - 1)));
    EXPECT_EQ(optimum(Collective::broadcast, one_way, ranks / 2), Rational::of(60, 1));
    EXPECT_EQ(optimum(Collective::reduce, one_way, ranks / 2), Rational::of(60, 1));
    const FlowGraph both_ways = ring_graph(ranks, 60, true);
    EXPECT_EQ(optimum(Collective::all_gather, both_ways), Rational::of(120 * ranks, ranks - 1));
    EXPECT_EQ(optimum(Collective::all_reduce, both_ways), Rational::of(60 * ranks, ranks - 1));
    EXPECT_EQ(optimum(Collective::broadcast, both_ways), Rational::of(120, 1));
  }
}

TEST(Bound, OfASwitchIsThatOfItsPorts) {
  for (const Rank ranks : {2, 5, 8}) {
    const FlowGraph graph = star_graph(std::vector<Capacity>(ranks, 30));
    EXPECT_EQ(optimum(Collective::all_gather, graph), Rational::of(30 * ranks, ranks - 1));
    EXPECT_EQ(optimum(Collective::reduce_scatter, graph), Rational::of(30 * ranks, ranks - 1));
    EXPECT_EQ(optimum(Collective::all_reduce, graph), Rational::of(30 * ranks, 2 * (ranks - 1)));
    EXPECT_EQ(optimum(Collective::broadcast, graph), Rational::of(30, 1));
  }
}

TEST(Bound, OfASwitchWithASlowPortIsThatOfTheSlowPort) {
  const FlowGraph graph = star_graph(std::vector<Capacity>{10, 40, 40, 40});
  EXPECT_EQ(optimum(Collective::all_gather, graph), Rational::of(40, 3));  // 3/4 of the vector through the slow port
  EXPECT_EQ(optimum(Collective::broadcast, graph, 3), Rational::of(10, 1));
  // The slow rank exchanges each element once, at 10; all others can do more than that among each other.
  EXPECT_EQ(optimum(Collective::all_reduce, graph), Rational::of(10, 1));
}

TEST(Bound, OfATorusIsThatOfItsRings) {
  // Ring bound: ranks/(ranks - 1) x links of a rank.
  EXPECT_EQ(optimum(Collective::all_gather, torus_graph({4, 4}, 50)), Rational::of(16 * 200, 15));
  EXPECT_EQ(optimum(Collective::all_gather, torus_graph({4, 4, 4}, 50)), Rational::of(64 * 300, 63));
  EXPECT_EQ(optimum(Collective::all_reduce, torus_graph({4, 4}, 50)), Rational::of(16 * 100, 15));
  EXPECT_EQ(optimum(Collective::all_reduce, torus_graph({3, 5}, 50)), Rational::of(15 * 100, 14));
  EXPECT_EQ(optimum(Collective::broadcast, torus_graph({4, 4, 4}, 50), 37), Rational::of(300, 1));
}

TEST(Bound, OfAnAllReduceOnAPathIsALinkAndNotHalfAnAllGather) {
  // The ranks reduce towards the middle and send back: each link carries each element once each way.
  EXPECT_EQ(optimum(Collective::all_reduce, path_graph(5, 12)), Rational::of(12, 1));
  EXPECT_EQ(optimum(Collective::all_gather, path_graph(5, 12)), Rational::of(12 * 5, 4));
}

TEST(Bound, OfADgx1IsThatOfSixLinks) {
  EXPECT_EQ(optimum(Collective::all_gather, cube_mesh_graph(25)), Rational::of(8 * 150, 7));  // 171.4 GB/s
}

TEST(Bound, OfClustersIsThatOfTreePackings) {
  // docs/throughput-bounds.md: GB/s of the whole vector, packed as trees by a prototype.
  EXPECT_EQ(optimum(Collective::all_gather, cluster_graph(2, 300, 25)), Rational::of(16 * 325, 15));     // 346.7
  EXPECT_EQ(optimum(Collective::all_gather, cluster_graph(4, 300, 25)), Rational::of(32 * 200, 24));     // 266.7
  EXPECT_EQ(optimum(Collective::all_gather, cluster_graph(2, 450, 50)), Rational::of(16 * 500, 15));     // 533.3
  EXPECT_EQ(optimum(Collective::all_gather, cluster_graph(8, 450, 50)), Rational::of(64 * 400, 56));     // 457.1
  EXPECT_EQ(optimum(Collective::all_gather, cluster_graph(16, 450, 50)), Rational::of(128 * 400, 120));  // 426.7
  EXPECT_EQ(optimum(Collective::all_reduce, cluster_graph(16, 450, 50)), Rational::of(16 * 400, 30));
  EXPECT_EQ(optimum(Collective::broadcast, cluster_graph(16, 450, 50), 77), Rational::of(400, 1));
}

TEST(Bound, OfRailsIsThatOfOneSwitchWhereTheSpineIsNotOversubscribed) {
  const FlowGraph rails = rail_cluster_graph(4, 450'000, 64'000, 50'000);
  const FlowGraph flat = cluster_graph(4, 450'000, 50'000);
  for (const Collective collective : bounded)
    EXPECT_EQ(optimum(collective, rails), optimum(collective, flat)) << name_of(collective);
}

TEST(Bound, SeesInWhichDirectionALinkIsSlow) {
  GraphBuilder made;
  const NodeIndex a = made.rank("a"), b = made.rank("b"), c = made.rank("c");
  made.link(a, b, 3).link(b, a, 100).cable(b, c, 100).cable(c, a, 100);
  EXPECT_EQ(optimum(Collective::broadcast, made.graph(), 0), Rational::of(103, 1));
  EXPECT_EQ(optimum(Collective::reduce, made.graph(), 0), Rational::of(200, 1));
  // 2/3 of the vector come to b over 3 + 100 if gathered, and 2/3 leave a over 3 + 100 if scattered.
  EXPECT_EQ(optimum(Collective::all_gather, made.graph()), Rational::of(3 * 103, 2));
  EXPECT_EQ(optimum(Collective::reduce_scatter, made.graph()), Rational::of(3 * 103, 2));
}

TEST(Bound, OfAnAllReduceOfTwoIsTheSlowerDirection) {
  GraphBuilder made;
  const NodeIndex a = made.rank("a"), b = made.rank("b");
  made.link(a, b, 3).link(b, a, 100);
  EXPECT_EQ(optimum(Collective::all_reduce, made.graph()), Rational::of(3, 1));
}

TEST(Bound, OfAnAllReduceWithUnequalDirectionsIsNotCalledTheOptimum) {
  GraphBuilder made;
  const NodeIndex a = made.rank("a"), b = made.rank("b"), c = made.rank("c");
  made.link(a, b, 3).link(b, a, 100).cable(b, c, 100);
  const auto bound = throughput_bound(Collective::all_reduce, made.graph());
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(bound->bandwidth, Rational::of(3, 1));
  EXPECT_FALSE(bound->attained);
}

TEST(Bound, OfAnAllReduceOnOneWayCirclesThatMeetIsNotCalledTheOptimum) {
  GraphBuilder made;
  const NodeIndex hub = made.rank("hub");
  for (int circle = 0; circle < 2; ++circle) {
    const NodeIndex a = made.rank("a"), b = made.rank("b");
    made.link(hub, a, 8).link(a, b, 8).link(b, hub, 8);
  }
  const auto bound = throughput_bound(Collective::all_reduce, made.graph());
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(bound->bandwidth, Rational::of(6, 1));  // 48 into all ranks, and 8 messages an element
  EXPECT_FALSE(bound->attained);                    // half an all-gather is 5
}

TEST(Bound, OfAnAllReduceCountsALinkIntoSeveralPartsOnce) {
  for (const Rank ranks : {2, 3, 6}) {
    GraphBuilder made;
    const NodeIndex in = made.relay("in"), out = made.relay("out");
    made.link(in, out, 120);
    for (Rank rank = 0; rank < ranks; ++rank) {
      const NodeIndex node = made.rank("rank" + std::to_string(rank));
      made.link(node, in, 1000).link(out, node, 1000);
    }
    const auto bound = throughput_bound(Collective::all_reduce, made.graph());
    ASSERT_TRUE(bound) << bound.error().message;
    EXPECT_EQ(bound->bandwidth, Rational::of(120, 2 * (ranks - 1))) << "all messages pass the one link";
    EXPECT_EQ(bound->bottleneck.capacity, 120);
    EXPECT_FALSE(bound->attained);
  }
}

TEST(Bound, WithASwitchThatWouldHaveToCopyIsNotCalledTheOptimum) {
  GraphBuilder made;
  const NodeIndex root = made.rank("root"), a = made.rank("a"), b = made.rank("b"), relay = made.relay("switch");
  made.link(root, relay, 1).link(relay, a, 1).link(relay, b, 1);
  const auto bound = throughput_bound(Collective::broadcast, made.graph());
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(bound->bandwidth, Rational::of(1, 1));
  EXPECT_FALSE(bound->attained);
}

TEST(Bound, CountsLinksSideBySideTogether) {
  GraphBuilder made;
  const NodeIndex a = made.rank("a"), b = made.rank("b");
  made.cable(a, b, 3).cable(b, a, 4).cable(a, b, 0);
  for (const Collective collective : {Collective::all_reduce, Collective::broadcast})
    EXPECT_EQ(optimum(collective, made.graph()), Rational::of(7, 1));
}

TEST(Bound, GrowsWithTheUnit) {
  const FlowGraph graph = cluster_graph(3, 100, 2);
  FlowGraph finer = graph;
  for (FlowEdge& edge : finer.edges) edge.capacity *= 1'000'000'007;
  for (const Collective collective : bounded) {
    const Rational coarse = optimum(collective, graph);
    EXPECT_EQ(optimum(collective, finer), Rational::of(coarse.numerator * 1'000'000'007, coarse.denominator));
  }
}

}  // namespace
}  // namespace treering
