// How bottlenecks are told.
#include "planning/bottleneck.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "planning/bound.hpp"
#include "support/sample_graphs.hpp"

namespace treering {
namespace {

using namespace test;

Bottleneck bottleneck(Collective collective, const FlowGraph& graph, Rank root = 0) {
  auto bound = throughput_bound(collective, graph, root);
  EXPECT_TRUE(bound) << bound.error().message;
  return bound ? std::move(*bound).bottleneck : Bottleneck{};
}

/// Multiplies links between a node with this name in this group and others.
void scale_links_of(FlowGraph& graph, const std::string& name, const std::string& group, Capacity factor) {
  for (FlowEdge& edge : graph.edges)
    for (const NodeIndex end : {edge.from, edge.to})
      if (graph.nodes[end].name == name && graph.nodes[end].group == group) edge.capacity *= factor;
}

TEST(Bottleneck, OfAClusterIsTheNicsOfAHost) {
  const FlowGraph graph = rail_cluster_graph(8, 450, 64, 50);
  const Bottleneck gather = bottleneck(Collective::all_gather, graph);
  EXPECT_EQ(gather.words, "NICs of host 0");
  EXPECT_TRUE(gather.inwards);
  EXPECT_EQ(gather.capacity, 8 * 50);
  EXPECT_EQ(gather.edges.size(), 8u);
  EXPECT_EQ(gather.alike, 7u);
  ASSERT_EQ(gather.parts.size(), 1u);
  EXPECT_EQ(gather.parts.front().size(), 25u);  // the whole host
  EXPECT_FALSE(bottleneck(Collective::reduce_scatter, graph).inwards);
  EXPECT_EQ(bottleneck(Collective::reduce_scatter, graph).words, "NICs of host 0");
}

TEST(Bottleneck, OfAnAllReduceInAClusterIsTheNicsOfAllHosts) {
  const Bottleneck found = bottleneck(Collective::all_reduce, cluster_graph(16, 450, 50));
  EXPECT_EQ(found.words, "NICs of host 0, host 1, host 2 and 13 more");
  EXPECT_EQ(found.parts.size(), 16u);
  EXPECT_EQ(found.capacity, 16 * 8 * 50);
  EXPECT_EQ(found.alike, 0u);
}

TEST(Bottleneck, OfAClusterWithASlowHostIsThatHost) {
  FlowGraph graph = cluster_graph(4, 450, 50);
  for (FlowEdge& edge : graph.edges)
    for (const NodeIndex end : {edge.from, edge.to})
      if (graph.nodes[end].kind == "NIC" && graph.nodes[end].group == "host 3") edge.capacity = 10;
  for (const Collective collective : {Collective::all_gather, Collective::reduce_scatter, Collective::broadcast}) {
    EXPECT_EQ(bottleneck(collective, graph).words, "NICs of host 3") << name_of(collective);
    EXPECT_EQ(bottleneck(collective, graph).alike, 0u);
  }
  EXPECT_EQ(bottleneck(Collective::all_reduce, graph).words, "NICs of host 3");
}

TEST(Bottleneck, OfABroadcastIsNamedAtTheRootWhereThatIsShorter) {
  FlowGraph graph = cluster_graph(3, 450, 50);
  for (FlowEdge& edge : graph.edges)
    if (graph.nodes[edge.from].group == "host 1" && graph.nodes[edge.to].group.empty()) edge.capacity = 5;
  const Bottleneck found = bottleneck(Collective::broadcast, graph, 8);
  EXPECT_EQ(found.words, "NICs of host 1");
  EXPECT_FALSE(found.inwards);
  EXPECT_EQ(found.capacity, 40);
}

TEST(Bottleneck, OfFewGpusInAHostIsTheGpu) {
  const Bottleneck found = bottleneck(Collective::all_gather, cluster_graph(2, 450, 50));
  EXPECT_EQ(found.words, "GPU 0 of host 0");
  EXPECT_EQ(found.alike, 15u);
  EXPECT_EQ(bottleneck(Collective::all_reduce, cluster_graph(2, 450, 50)).words, "GPUs of host 0, host 1");
}

TEST(Bottleneck, OfASwitchWithASlowPortIsThatPortAlone) {
  const Bottleneck found = bottleneck(Collective::all_gather, star_graph(std::vector<Capacity>{40, 40, 10}));
  EXPECT_EQ(found.words, "GPU 2");
  EXPECT_EQ(found.alike, 0u);
}

TEST(Bottleneck, IsTheSmallestOfThoseThatAreAsTight) {
  // a and b need 2/4 of the vector over 4, d needs 3/4 over 6.
  GraphBuilder made;
  const NodeIndex a = made.rank("a"), b = made.rank("b"), c = made.rank("c"), d = made.rank("d");
  made.cable(a, b, 100).cable(b, c, 4).cable(c, d, 6);
  const Bottleneck found = bottleneck(Collective::all_gather, made.graph());
  EXPECT_EQ(found.words, "d");
  EXPECT_EQ(found.capacity, 6);
}

TEST(Bottleneck, OfTwoSlowSendersIsOneOfThem) {
  GraphBuilder made;
  const NodeIndex a = made.rank("a"), b = made.rank("b"), c = made.rank("c");
  made.cable(a, b, 100).cable(b, c, 100).cable(c, a, 100);
  for (const char* name : {"d", "e"}) {
    const NodeIndex sender = made.rank(name);
    made.link(sender, a, 1).link(a, sender, 100);
  }
  made.cable(3, 4, 0);  // a cable that is down does not join them
  const Bottleneck found = bottleneck(Collective::all_gather, made.graph());
  EXPECT_EQ(found.words, "d");
  EXPECT_FALSE(found.inwards);
  EXPECT_EQ(found.capacity, 1);
}

TEST(Bottleneck, OfAnOversubscribedSpineIsTheLinksToIt) {
  // Two leaf switches of two hosts each, with little between them.
  GraphBuilder made;
  const NodeIndex spine = made.relay("spine", "spine switch");
  for (const char* leaf_name : {"leaf 0", "leaf 1"}) {
    const NodeIndex leaf = made.relay(leaf_name, "leaf switch");
    made.cable(leaf, spine, 3);
    for (int i = 0; i < 2; ++i)
      made.cable(made.rank("core", "core", leaf_name + std::string(i > 0 ? "b" : "a")), leaf, 10);
  }
  const Bottleneck found = bottleneck(Collective::all_gather, made.graph());
  EXPECT_EQ(found.words, "spine");
  EXPECT_EQ(found.capacity, 3);
  EXPECT_EQ(found.alike, 1u);
}

TEST(Bottleneck, SaysHowManyOfAKind) {
  FlowGraph graph = cluster_graph(2, 1000, 50);
  for (const char* broken : {"NIC 1", "NIC 2", "NIC 4"}) scale_links_of(graph, broken, "host 1", 0);
  EXPECT_EQ(bottleneck(Collective::broadcast, graph).words, "5 of the 8 NICs of host 1");
}

TEST(Bottleneck, ListsThreeAndCountsTheRest) {
  GraphBuilder made;
  const NodeIndex center = made.rank("hub", "hub");
  std::vector<EdgeIndex> edges;
  for (const char* kind : {"bus", "box", "bench", "dish", "GPU"})
    for (const char* name : {"first", "second"}) {
      made.link(center, made.relay(name, kind), 1);
      edges.push_back(static_cast<EdgeIndex>(edges.size()));
    }
  made.link(center, made.relay("elsewhere"), 1);  // the hub has more to do than these links
  EXPECT_EQ(words_for(made.graph(), edges), "GPUs, benches, boxes and 2 more");
  EXPECT_EQ(words_for(made.graph(), {edges[0]}), "first");
  EXPECT_EQ(words_for(made.graph(), {edges[4], edges[0], edges[1]}), "first, buses");
}

TEST(Bottleneck, LeavesOutLinksThatAreDown) {
  FlowGraph graph = path_graph(3, 4);
  graph.edges.push_back({0, 2, 0});
  const Bottleneck found = bottleneck(Collective::broadcast, graph);
  EXPECT_EQ(found.capacity, 4);
  EXPECT_EQ(found.edges.size(), 1u);
}

}  // namespace
}  // namespace treering
