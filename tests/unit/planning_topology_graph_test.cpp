// What of a topology the bounds see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "planning/topology_graph.hpp"
#include "topology/builder.hpp"
#include "topology/description.hpp"
#include "topology/names.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

topology::Topology typed(const char* text) {
  auto made = topology::described_topology(text);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : topology::Topology();
}

TopologyGraph graph_of(const topology::Topology& topology) {
  auto made = topology_graph(topology);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : TopologyGraph();
}

double gather_gbs(const char* text) {
  const auto bound = throughput_bound(Collective::all_gather, graph_of(typed(text)));
  EXPECT_TRUE(bound) << bound.error().message;
  return bound ? bound->bandwidth.value() / 1000 : 0;
}

TEST(TopologyGraph, RanksAreGpusElseCoresElseDomainsElseHosts) {
  EXPECT_EQ(topology::NodeKind::gpu, rank_kind(typed("2 hosts x (2 gpu, 4 core, 2 nic)")));
  EXPECT_EQ(topology::NodeKind::core, rank_kind(typed("2 hosts x (1 numa, 4 core, 2 nic)")));
  EXPECT_EQ(topology::NodeKind::numa, rank_kind(typed("2 hosts x (2 numa, 2 nic)")));
  EXPECT_EQ(topology::NodeKind::host, rank_kind(typed("torus 3x2")));
  EXPECT_EQ(topology::NodeKind::core, rank_kind(typed("1 host x (1 gpu, 2 core)"))) << "one alone collects nothing";
}

TEST(TopologyGraph, OneHostAloneHasNoRanks) {
  const auto made = topology_graph(typed("1 host 10GB/s"));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("no ranks"));
}

using topology::Link;
using topology::LinkType;
using topology::Node;
using topology::NodeKind;

topology::NodeIndex add(topology::TopologyBuilder& builder, NodeKind kind, topology::NodeIndex parent,
                        const std::string& name) {
  return builder.add({.kind = kind, .parent = parent, .name = name});
}

void join(topology::TopologyBuilder& builder, topology::NodeIndex a, topology::NodeIndex b, double gbs) {
  builder.add({.from = a, .to = b, .type = LinkType::network, .declared = topology::both_ways(gbs)});
}

/// As a fabric is discovered: hosts whose NICs are known, but not how they reach them. Host h has h + 1 NICs of 10
/// GB/s, two of them (in host 2) behind a bridge that is also seen.
topology::TopologyBuilder fabric_of_three_hosts() {
  topology::TopologyBuilder builder;
  const auto leaf = add(builder, NodeKind::network_switch, topology::no_node, "leaf");
  for (int h = 0; h < 3; ++h) {
    auto around = add(builder, NodeKind::host, topology::no_node, "node" + std::to_string(h));
    if (h == 2) around = add(builder, NodeKind::pci_bridge, around, "bridge");
    for (int i = 0; i <= h; ++i) {
      const auto nic = add(builder, NodeKind::nic, around, "mlx5_" + std::to_string(i));
      join(builder, leaf, nic, 10);
      if (h == 2 && i > 0) join(builder, around, nic, 1);
    }
  }
  return builder;
}

TEST(TopologyGraph, AHostWithoutLinksStandsForItsNics) {
  const topology::Topology topology = *fabric_of_three_hosts().build();
  ASSERT_EQ(NodeKind::host, rank_kind(topology));
  const TopologyGraph graph = graph_of(topology);
  EXPECT_EQ(4u, graph.nodes.size()) << "a switch and three hosts";
  EXPECT_EQ(2u * (1 + 2 + 3), graph.graph.edges.size()) << "what is inside of a host is left out";
  const auto bound = throughput_bound(Collective::all_gather, graph);
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_NEAR(3.0 / 2 * 10'000, bound->bandwidth.value(), 0.01) << "all others send to node0 over one NIC";
  EXPECT_EQ("node0", bound->bottleneck.words);
  EXPECT_FALSE(bound->attained) << "the links inside may carry less";
  EXPECT_TRUE(graph.leaves_out);
}

TEST(TopologyGraph, NothingIsProvenOfHostsThatMayReachTheirNicsSlowly) {
  topology::TopologyBuilder builder;
  const auto leaf = add(builder, NodeKind::network_switch, topology::no_node, "leaf");
  for (const char* name : {"h0", "h1"}) {
    const auto host = add(builder, NodeKind::host, topology::no_node, name);
    for (const char* nic : {"n0", "n1"}) join(builder, add(builder, NodeKind::nic, host, nic), leaf, 50);
  }
  const TopologyGraph graph = graph_of(*std::move(builder).build());
  EXPECT_TRUE(graph.leaves_out);
  for (const Collective collective : {Collective::all_reduce, Collective::all_gather, Collective::broadcast}) {
    const auto bound = throughput_bound(collective, graph);
    ASSERT_TRUE(bound) << bound.error().message;
    EXPECT_FALSE(bound->attained) << name_of(collective) << ": between a host and both NICs may be one bus";
  }
}

TEST(TopologyGraph, OwnersOfLinksAreRanksWithoutOnesOfTheirOwn) {
  topology::TopologyBuilder builder = fabric_of_three_hosts();
  join(builder, builder.find("node2"), builder.find("node2/bridge"), 5);
  const topology::Topology topology = *std::move(builder).build();
  const auto owners = owners_of_links(topology, NodeKind::host);
  const topology::NameIndex names(topology.nodes());
  const auto owner = [&](const char* name) {
    return topology::full_name(topology.nodes(), owners[names.find(topology.nodes(), name)]);
  };
  EXPECT_EQ("leaf", owner("leaf"));
  EXPECT_EQ("node1", owner("node1"));
  EXPECT_EQ("node1", owner("node1/mlx5_1"));
  EXPECT_EQ("node2/mlx5_1", owner("node2/mlx5_1")) << "node2 has a link of its own: data takes it";
  EXPECT_EQ(owners_of_links(topology, NodeKind::gpu)[2], 2u) << "of another kind than is asked for";
}

TEST(TopologyGraph, AGpuStandsForItsFunctions) {
  topology::TopologyBuilder builder;
  const auto host = add(builder, NodeKind::host, topology::no_node, "h");
  const auto bridge = add(builder, NodeKind::pci_switch, host, "switch");
  for (const char* name : {"gpu0", "gpu1"}) {
    const auto gpu = add(builder, NodeKind::gpu, bridge, name);
    join(builder, bridge, add(builder, NodeKind::pci_device, gpu, std::string(name) + ".0"), 31);
  }
  const TopologyGraph graph = graph_of(*std::move(builder).build());
  EXPECT_EQ(NodeKind::gpu, graph.rank_kind);
  EXPECT_EQ("gpu1 of h", full_name(graph.graph.nodes[ranks_of(graph.graph)[1]]));
  const auto bound = throughput_bound(Collective::all_gather, graph);
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_NEAR(2 * 31'000, bound->bandwidth.value(), 0.01);
  EXPECT_FALSE(bound->attained) << "nothing says how fast a GPU reaches its function";
}

TEST(TopologyGraph, KnowsWhatItsNodesAndEdgesStandFor) {
  const topology::Topology topology = typed("2 hosts x (2 gpu nvswitch 450GB/s, 1 nic 50GB/s pcie5)");
  const TopologyGraph graph = graph_of(topology);
  ASSERT_EQ(graph.graph.nodes.size(), graph.nodes.size());
  ASSERT_EQ(graph.graph.edges.size(), 2 * topology.links().size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    EXPECT_EQ(topology.node(graph.nodes[i]).name, graph.graph.nodes[i].name);
  for (std::size_t i = 0; i < graph.links.size(); ++i) {
    const topology::Link& link = topology.link(graph.links[i]);
    const FlowEdge& edge = graph.graph.edges[i];
    EXPECT_EQ(i % 2 == 0 ? link.from : link.to, graph.nodes[edge.from]);
    EXPECT_EQ(i % 2 == 0 ? link.to : link.from, graph.nodes[edge.to]);
    EXPECT_NEAR(link.declared.forward_gbs.value() * 1000, static_cast<double>(edge.capacity), 1);
  }
  EXPECT_EQ("gpu1 of host1", full_name(graph.graph.nodes[ranks_of(graph.graph)[3]]));
}

TEST(TopologyGraph, ARankWithoutLinksIsOneThatNobodyReaches) {
  topology::TopologyBuilder builder(typed("1 host x (2 gpu nvlink 200GB/s)"));
  builder.add({.kind = topology::NodeKind::gpu, .parent = 0, .name = "lost"});
  const auto bound = throughput_bound(Collective::all_gather, graph_of(*std::move(builder).build()));
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, HasSubstr("lost of host0"));
}

TEST(TopologyGraph, GivesTheKnownOptima) {
  EXPECT_NEAR(800, gather_gbs("2 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s)"), 0.1) << "NICs of a host";
  EXPECT_NEAR(16.0 / 15 * (450 + 63.015), gather_gbs("2 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s pcie5)"), 0.1);
  EXPECT_NEAR(457.1, gather_gbs("8 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s pcie5)"), 0.1);
  EXPECT_NEAR(16.0 / 15 * 4 * 25, gather_gbs("torus 4x4 25GB/s"), 0.1);
}

TEST(TopologyGraph, MeasuredCountsMoreThanDeclaredInItsDirection) {
  topology::Topology topology = typed("3 hosts 10GB/s");
  ASSERT_TRUE(topology.set_measured(1, {.forward_gbs = 0.0001, .back_gbs = 7.25}));
  const TopologyGraph graph = graph_of(topology);
  EXPECT_EQ(10'000, graph.graph.edges[0].capacity);
  EXPECT_EQ(1, graph.graph.edges[2].capacity) << "little is not nothing";
  EXPECT_EQ(7'250, graph.graph.edges[3].capacity);
}

TEST(TopologyGraph, CapacitiesAreRoundedUpAndNothingIsProvenWhereThatIsMuch) {
  for (const auto& [gbs, capacity, is_coarse] :
       {std::tuple(0.00149, 2, true), std::tuple(0.9983, 999, false), std::tuple(0.9971, 998, false),
        std::tuple(0.5001, 501, true), std::tuple(0.007, 7, false), std::tuple(63.015, 63'015, false),
        std::tuple(31.5071, 31'508, false)}) {
    topology::TopologyBuilder builder;
    const auto a = add(builder, NodeKind::host, topology::no_node, "a");
    join(builder, a, add(builder, NodeKind::host, topology::no_node, "b"), gbs);
    const TopologyGraph graph = graph_of(*std::move(builder).build());
    EXPECT_EQ(capacity, graph.graph.edges[0].capacity) << gbs;
    EXPECT_EQ(is_coarse, graph.is_coarse) << gbs;
    const auto bound = throughput_bound(Collective::broadcast, graph);
    ASSERT_TRUE(bound) << bound.error().message;
    EXPECT_EQ(bound->bandwidth, Rational::of(capacity, 1)) << gbs;
    EXPECT_EQ(!is_coarse, bound->attained) << gbs;
  }
}

TEST(TopologyGraph, UnknownLinksThatMayHoldItUpAreNamed) {
  const TopologyGraph graph = graph_of(typed("torus 4x4"));
  const auto bound = throughput_bound(Collective::all_reduce, graph);
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, testing::AllOf(HasSubstr("bandwidth of host"), HasSubstr("and 29 more")));
}

TEST(TopologyGraph, UnknownLinksElsewhereOnlyTakeTheProofAway) {
  const auto known = throughput_bound(Collective::all_reduce, graph_of(typed("4 hosts x (1 gpu pcie5, 1 nic 1GB/s)")));
  const auto unknown = throughput_bound(Collective::all_reduce, graph_of(typed("4 hosts x (1 gpu, 1 nic 1GB/s)")));
  ASSERT_TRUE(known && unknown);
  EXPECT_EQ(known->bandwidth, unknown->bandwidth);
  EXPECT_EQ("nic0 of host0, nic0 of host1, nic0 of host2 and 1 more", unknown->bottleneck.words);
  EXPECT_TRUE(known->attained);
  EXPECT_FALSE(unknown->attained);
}

TEST(TopologyGraph, UnknownLinksThatManyShareDoNotHideWhatIsKnown) {
  // Only gpu3's quarter of the vector comes over the known link, but three quarters come over an unknown one to gpu2.
  topology::TopologyBuilder builder;
  const auto host = add(builder, NodeKind::host, topology::no_node, "h");
  std::vector<topology::NodeIndex> gpus;
  for (int i = 0; i < 4; ++i) gpus.push_back(add(builder, NodeKind::gpu, host, "gpu" + std::to_string(i)));
  const auto link = [&](int from, int to, topology::Capacity declared) {
    builder.add({.from = gpus[from], .to = gpus[to], .type = LinkType::nvlink, .declared = declared});
  };
  link(3, 0, {.forward_gbs = 90, .back_gbs = 0});
  link(0, 1, {});
  link(1, 2, {});
  link(2, 3, {.back_gbs = 0});
  const auto bound = throughput_bound(Collective::all_gather, graph_of(*std::move(builder).build()));
  ASSERT_TRUE(bound) << bound.error().message;
  EXPECT_EQ(bound->bandwidth, Rational::of(4 * 90'000, 1));
  EXPECT_EQ(bound->bottleneck.capacity, 90'000);
  EXPECT_FALSE(bound->attained);
}

TEST(TopologyGraph, ABandwidthThatIsTooMuchToReckonWithIsRefusedByName) {
  topology::Topology topology = typed("3 hosts 10GB/s");
  ASSERT_TRUE(topology.set_measured(1, topology::both_ways(1e300)));
  const auto bound = throughput_bound(Collective::all_gather, graph_of(topology));
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, HasSubstr("host1"));
}

}  // namespace
}  // namespace treering
