// What is refused, and in which words.
#include "planning/flow_graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "planning/bound.hpp"
#include "support/sample_graphs.hpp"

namespace treering {
namespace {

using namespace test;

std::string refusal(Collective collective, const FlowGraph& graph, Rank root = 0) {
  const auto bound = throughput_bound(collective, graph, root);
  if (bound) return "not refused";
  EXPECT_EQ(bound.error().code, Code::invalid_argument);
  return bound.error().message;
}

TEST(FlowGraph, ThatIsDisconnectedSaysWhoCannotReachWhom) {
  FlowGraph graph = cluster_graph(2, 450, 50);
  std::erase_if(graph.edges, [&](const FlowEdge& edge) {
    return graph.nodes[edge.from].group == "host 1" && graph.nodes[edge.to].name == "network switch";
  });
  EXPECT_EQ(
      refusal(Collective::all_gather, graph),
      "GPU 0 of host 1, GPU 1 of host 1, GPU 2 of host 1 and 5 more cannot reach GPU 0 of host 0 (no path of links "
      "leads there) add the missing links, or leave these ranks out");
  EXPECT_EQ(refusal(Collective::broadcast, graph), "not refused");
  EXPECT_THAT(
      refusal(Collective::broadcast, graph, 15),
      testing::StartsWith("GPU 7 of host 1 cannot reach GPU 0 of host 0, GPU 1 of host 0, GPU 2 of host 0 and 5"));
  EXPECT_THAT(refusal(Collective::reduce, graph), testing::HasSubstr("5 more cannot reach GPU 0 of host 0 (no path"));
  EXPECT_EQ(refusal(Collective::reduce, graph, 15), "not refused");
}

TEST(FlowGraph, WithALinkThatIsDownIsDisconnected) {
  FlowGraph graph = path_graph(3, 10);
  for (FlowEdge& edge : graph.edges)
    if (edge.to == 2) edge.capacity = 0;
  EXPECT_THAT(refusal(Collective::all_reduce, graph), testing::StartsWith("GPU 0 cannot reach GPU 2 (no path"));
}

TEST(FlowGraph, OfOneRankHasNoBound) {
  GraphBuilder made;
  made.cable(made.rank("a"), made.relay("b"), 1);
  EXPECT_THAT(refusal(Collective::all_reduce, made.graph()),
              testing::StartsWith("no bound for 1 ranks (nothing is sent"));
  EXPECT_THAT(refusal(Collective::broadcast, {}), testing::StartsWith("no bound for 0 ranks"));
}

TEST(FlowGraph, RefusesLinksThatCannotBe) {
  FlowGraph graph = path_graph(2, 10);
  graph.edges.push_back({0, 2, 5});
  EXPECT_THAT(refusal(Collective::all_gather, graph),
              testing::StartsWith("link 2 leads from node 0 to node 2 (there are 2"));
  graph.edges.back() = {1, 1, 5};
  EXPECT_THAT(refusal(Collective::all_gather, graph),
              testing::StartsWith("link 2 from GPU 1 to GPU 1 has capacity 5 (it leads to where it starts)"));
  graph.edges.back() = {1, 0, -5};
  EXPECT_THAT(refusal(Collective::all_gather, graph),
              testing::StartsWith("link 2 from GPU 1 to GPU 0 has capacity -5 (it is negative)"));
}

TEST(FlowGraph, TakesCapacitiesUpToTheLimitAndNoMore) {
  constexpr Capacity most = Capacity{1} << 57;  // on each of two links between two ranks
  for (const Collective collective : {Collective::all_gather, Collective::all_reduce, Collective::broadcast}) {
    const auto bound = throughput_bound(collective, path_graph(2, most));
    ASSERT_TRUE(bound) << bound.error().message;
    EXPECT_EQ(bound->bandwidth, Rational::of(collective == Collective::all_gather ? 2 * most : most, 1));
    EXPECT_THAT(refusal(collective, path_graph(2, most + 1)), testing::HasSubstr("no longer fit in 59 bits"));
    EXPECT_THAT(refusal(collective, path_graph(2, std::numeric_limits<Capacity>::max())),
                testing::StartsWith("link 0 from GPU 0 to GPU 1 has capacity 9223372036854775807 (all links"));
  }
}

TEST(FlowGraph, TakesTheLimitWithManyRanks) {
  const Rank ranks = 200;
  const Capacity port = most_capacity / ranks / (2 * ranks);
  const auto bound = throughput_bound(Collective::all_reduce, star_graph(std::vector<Capacity>(ranks, port)));
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(bound->bandwidth, Rational::of(port * ranks, 2 * (ranks - 1)));
}

TEST(FlowGraph, RefusesRootsThatAreNoRanks) {
  for (const Rank root : {-1, 3})
    EXPECT_THAT(refusal(Collective::broadcast, path_graph(3, 10), root),
                testing::HasSubstr("is no rank (there are 3) give one from 0 to 2"));
  EXPECT_EQ(refusal(Collective::all_gather, path_graph(3, 10), 3), "not refused");
}

TEST(FlowGraph, HasNoBoundOnOtherCollectives) {
  EXPECT_THAT(refusal(Collective::scan, path_graph(3, 10)), testing::StartsWith("no bound for scan (none is known)"));
}

}  // namespace
}  // namespace treering
