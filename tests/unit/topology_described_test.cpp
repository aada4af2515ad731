// What typed topologies look like once they are built.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "topology/adjacency.hpp"
#include "topology/description.hpp"
#include "topology/names.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

Topology made(std::string_view text) {
  auto topology = described_topology(text);
  EXPECT_TRUE(topology) << text << ": " << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

std::string text_of(const Figure& figure) {
  return figure.is_known() ? std::to_string(figure.value()).substr(0, 6) : "?";
}

/// The links of a node as "type neighbour GB/s us".
std::vector<std::string> links(const Topology& topology, std::string_view name) {
  const NodeIndex node = NameIndex(topology.nodes()).find(topology.nodes(), name);
  EXPECT_NE(node, no_node) << name;
  std::vector<std::string> links;
  if (node == no_node) return links;
  const Adjacency adjacency(topology);
  for (const Arc& arc : adjacency.of(node)) {
    const Link& link = topology.link(arc.link);
    EXPECT_EQ(link.declared.forward_gbs, link.declared.back_gbs);
    EXPECT_EQ(link.measured, Capacity());
    links.push_back(std::string(name_of(link.type)) + " " + full_name(topology.nodes(), arc.to) + " " +
                    text_of(link.declared.forward_gbs) + " " + text_of(link.declared.latency_us));
  }
  return links;
}

std::string path_of(const Topology& topology, std::string_view name) {
  std::string path;
  for (NodeIndex node = NameIndex(topology.nodes()).find(topology.nodes(), name); node != no_node;
       node = topology.node(node).parent) {
    path = topology.node(node).name + (path.empty() ? "" : " " + path);
  }
  return path;
}

/// Links on the shortest way to every node.
std::vector<int> distances(const Topology& topology, const Adjacency& adjacency, NodeIndex from) {
  std::vector<int> distances(topology.nodes().size(), -1);
  std::queue<NodeIndex> next({from});
  distances[from] = 0;
  for (; !next.empty(); next.pop()) {
    for (const Arc& arc : adjacency.of(next.front())) {
      if (distances[arc.to] >= 0) continue;
      distances[arc.to] = distances[next.front()] + 1;
      next.push(arc.to);
    }
  }
  return distances;
}

/// How many hosts are how far from a host.
std::map<int, int> hosts_by_distance(const Topology& topology, NodeIndex from) {
  std::map<int, int> counts;
  const std::vector<int> all = distances(topology, Adjacency(topology), from);
  for (NodeIndex node = 0; node < all.size(); ++node) {
    if (topology.node(node).kind == NodeKind::host) ++counts[all[node]];
  }
  return counts;
}

int count(const Topology& topology, NodeKind kind) {
  return static_cast<int>(std::count_if(topology.nodes().begin(), topology.nodes().end(),
                                        [&](const Node& node) { return node.kind == kind; }));
}

TEST(Described, PlainHostsShareASwitchAndHalveTheLatency) {
  const Topology topology = made("4 hosts 10Gb/s 5us");
  EXPECT_EQ(topology.nodes().size(), 5u);
  EXPECT_THAT(links(topology, "network"), ElementsAre("network host0 1.2500 2.5000", "network host1 1.2500 2.5000",
                                                      "network host2 1.2500 2.5000", "network host3 1.2500 2.5000"));
  EXPECT_EQ(made("1 host").nodes().size(), 1u);
}

TEST(Described, HostsHaveAGpuAndANicOnEveryPcieSwitch) {
  const Topology topology =
      made("2 hosts x (2 numa 40GB/s, 8 gpu nvswitch 450GB/s 1us, 8 nic 50GB/s pcie5, 4 cores 9GB/s)");
  EXPECT_EQ(path_of(topology, "host1/gpu3"), "host1 numa0 pci3 gpu3");
  EXPECT_EQ(path_of(topology, "host1/nic4"), "host1 numa1 pci4 nic4");
  EXPECT_EQ(path_of(topology, "host1/core2"), "host1 numa1 core2");
  EXPECT_THAT(links(topology, "host1/gpu3"),
              ElementsAre("pcie host1/pci3 63.015 ?", "nvlink host1/nvswitch 450.00 1.0000"));
  EXPECT_THAT(links(topology, "host1/nic4"), ElementsAre("pcie host1/pci4 63.015 ?", "network network 50.000 ?"));
  EXPECT_THAT(links(topology, "host1/pci4"),
              ElementsAre("pcie host1/numa1 63.015 ?", "pcie host1/gpu4 63.015 ?", "pcie host1/nic4 63.015 ?"));
  EXPECT_THAT(links(topology, "host1/core2"), ElementsAre("memory host1/numa1 9.0000 ?"));
  EXPECT_EQ(links(topology, "host0/numa0").front(), "memory host0/numa1 40.000 ?");
  EXPECT_EQ(links(topology, "network").size(), 16u);
  const NodeIndex gpu = NameIndex(topology.nodes()).find(topology.nodes(), "host1/gpu3");
  EXPECT_EQ(topology.node(gpu).number, 3u);
  const Adjacency adjacency(topology);
  const Link& slot = topology.link(adjacency.of(gpu)[0].link);
  EXPECT_EQ(slot.width, std::uint16_t{16});
  EXPECT_EQ(slot.lane_gts, Figure(32));
}

TEST(Described, PcieSwitchesAreAsManyAsTheRarerDeviceButForEveryDomain) {
  const Topology fewer = made("1 host x (8 gpus pcie4, 4 nics pcie3x8)");
  EXPECT_EQ(path_of(fewer, "host0/gpu7"), "host0 numa0 pci3 gpu7");
  EXPECT_EQ(path_of(fewer, "host0/gpu5"), "host0 numa0 pci2 gpu5");
  EXPECT_THAT(links(fewer, "host0/pci3"), ElementsAre("pcie host0/numa0 31.507 ?", "pcie host0/gpu6 31.507 ?",
                                                      "pcie host0/gpu7 31.507 ?", "pcie host0/nic3 7.8769 ?"));
  const Topology domains = made("1 host x (2 numa, 8 gpus, 1 nic)");
  EXPECT_EQ(path_of(domains, "host0/gpu7"), "host0 numa1 pci1 gpu7");
  EXPECT_EQ(path_of(domains, "host0/nic0"), "host0 numa0 pci0 nic0");
}

TEST(Described, DevicesOfOneKindLieBelowTheirDomain) {
  const Topology gpus = made("1 host x (2 numa, 4 gpus xgmi 36GB/s)");
  EXPECT_EQ(path_of(gpus, "host0/gpu1"), "host0 numa0 gpu1");
  EXPECT_THAT(links(gpus, "host0/gpu1"), ElementsAre("pcie host0/numa0 ? ?", "xgmi host0/gpu0 36.000 ?",
                                                     "xgmi host0/gpu2 36.000 ?", "xgmi host0/gpu3 36.000 ?"));
  EXPECT_THAT(links(made("1 host x (2 gpus 20GB/s pcie4)"), "host0/gpu1"), ElementsAre("pcie host0/numa0 20.000 ?"));
  EXPECT_THAT(links(made("1 host x (2 gpus nvlink)"), "host0/gpu1"),
              ElementsAre("pcie host0/numa0 ? ?", "nvlink host0/gpu0 ? ?"));
}

TEST(Described, HostsWithPartsGetANicForTheNetwork) {
  const Topology topology = made("2 hosts 10GB/s x (2 cores)");
  EXPECT_THAT(links(topology, "host1/nic0"), ElementsAre("pcie host1/numa0 ? ?", "network network 10.000 ?"));
  EXPECT_EQ(count(made("1 host x (2 cores)"), NodeKind::nic), 0);
}

TEST(Described, RailsAreSwitchesOfTheirOwn) {
  const Topology topology = made("3 hosts on rails x (2 nics 50GB/s)");
  EXPECT_THAT(links(topology, "rail1"),
              ElementsAre("network host0/nic1 50.000 ?", "network host1/nic1 50.000 ?", "network host2/nic1 50.000 ?"));
  EXPECT_EQ(count(topology, NodeKind::network_switch), 2);
}

TEST(Described, TorusLinksNeighboursInEveryDimension) {
  const Topology topology = made("torus 3x4x5 50GB/s 1us");
  EXPECT_EQ(topology.nodes().size(), 60u);
  EXPECT_EQ(topology.links().size(), 180u);
  EXPECT_EQ(topology.grid(), (Grid{.extents = {3, 4, 5}}));
  EXPECT_THAT(topology.coordinates(2 * 20 + 3 * 5 + 4), ElementsAre(2, 3, 4));
  // (2,3,4): x to (1,3,4) and (0,3,4), y to (2,2,4) and (2,0,4), z to (2,3,3) and (2,3,0).
  EXPECT_THAT(links(topology, "host59"),
              UnorderedElementsAre("network host39 50.000 1.0000", "network host19 50.000 1.0000",
                                   "network host54 50.000 1.0000", "network host44 50.000 1.0000",
                                   "network host58 50.000 1.0000", "network host55 50.000 1.0000"));
}

TEST(Described, TorusLinksTwoNeighboursOnce) {
  EXPECT_EQ(made("torus 2x2").links().size(), 4u);
  EXPECT_EQ(made("torus 1x3").links().size(), 3u);
  EXPECT_EQ(made("torus 1").links().size(), 0u);
  EXPECT_EQ(made("twisted torus 2x4").links().size(), 16u);
}

TEST(Described, TorusDimensionsTakeNicsInTurn) {
  const Topology topology = made("torus 3x3x3 x (2 nics 50GB/s, 1 gpu)");
  EXPECT_THAT(links(topology, "host0/nic1"), UnorderedElementsAre("pcie host0/pci0 ? ?", "network host3/nic1 50.000 ?",
                                                                  "network host6/nic1 50.000 ?"));
  EXPECT_EQ(links(topology, "host0/nic0").size(), 5u);
}

TEST(Described, TwistedToriLookTheSameFromEveryHostAndAreNarrower) {
  // Mean distances by breadth-first search over the definition.
  struct Case {
    const char* extents;
    int diameter;
    double mean;
  };
  for (const Case& one :
       {Case{"4x8", 4, 2.7097}, Case{"4x4x8", 6, 3.4646}, Case{"8x4x4", 6, 3.4646}, Case{"4x8x8", 6, 4.3294}}) {
    const Topology topology = made(std::string("twisted torus ") + one.extents);
    EXPECT_TRUE(topology.grid().twisted);
    const std::map<int, int> from_first = hosts_by_distance(topology, 0);
    double sum = 0;
    for (const auto& [distance, hosts] : from_first) sum += distance * hosts;
    EXPECT_EQ(from_first.rbegin()->first, one.diameter) << one.extents;
    EXPECT_NEAR(sum / (static_cast<double>(topology.nodes().size()) - 1), one.mean, 1e-4) << one.extents;
    for (const NodeIndex host : {5u, 17u, 31u}) EXPECT_EQ(hosts_by_distance(topology, host), from_first) << one.extents;
  }
}

TEST(Described, FatTreeOfTwoLevelsJoinsAllLeavesByEverySpine) {
  const Topology topology = made("fat-tree 16 hosts 50GB/s 1us");
  EXPECT_EQ(count(topology, NodeKind::network_switch), 8);
  EXPECT_THAT(links(topology, "leaf3"), ElementsAre("network host12 50.000 1.0000", "network host13 50.000 1.0000",
                                                    "network host14 50.000 1.0000", "network host15 50.000 1.0000",
                                                    "network spine0 50.000 1.0000", "network spine1 50.000 1.0000",
                                                    "network spine2 50.000 1.0000", "network spine3 50.000 1.0000"));
  EXPECT_THAT(links(topology, "spine2"), ElementsAre("network leaf0 50.000 1.0000", "network leaf1 50.000 1.0000",
                                                     "network leaf2 50.000 1.0000", "network leaf3 50.000 1.0000"));
}

TEST(Described, FatTreeIsOversubscribedAtItsLeaves) {
  const Topology topology = made("fat-tree 30 hosts, leaves of 6, oversubscribed 3:2");
  EXPECT_EQ(links(topology, "leaf4").size(), 10u);
  EXPECT_EQ(count(topology, NodeKind::network_switch), 5 + 4);
  EXPECT_EQ(links(made("fat-tree 8 hosts, leaves of 4, oversubscribed 3:1"), "leaf1").size(), 4u + 2u);
}

TEST(Described, FatTreeOfThreeLevelsKeepsItsBandwidthAbove) {
  const Topology topology = made("fat-tree 64 hosts, 3 levels");
  EXPECT_EQ(count(topology, NodeKind::network_switch), 16 + 16 + 16);
  EXPECT_EQ(topology.links().size(), 3u * 64u);
  const NodeIndex host0 = NameIndex(topology.nodes()).find(topology.nodes(), "host0");
  EXPECT_THAT(hosts_by_distance(topology, host0),
              ElementsAre(std::pair(0, 1), std::pair(2, 3), std::pair(4, 12), std::pair(6, 48)));
  for (const char* name : {"leaf7", "spine7"}) EXPECT_EQ(links(topology, name).size(), 8u);
  // A core joins one spine of each of the four groups.
  const std::vector<std::string> core = links(topology, "core6");
  EXPECT_THAT(core,
              ElementsAre("network spine1 ? ?", "network spine5 ? ?", "network spine9 ? ?", "network spine13 ? ?"));
}

TEST(Described, FatTreesJoinAllHostsWhateverTheirNumber) {
  for (const char* text :
       {"fat-tree 1 host", "fat-tree 5 hosts, 1 level", "fat-tree 37 hosts, 3 levels",
        "fat-tree 50 hosts, 4 levels, leaves of 3", "fat-tree 100 hosts, 5 levels, oversubscribed 2:1"}) {
    const Topology topology = made(text);
    const std::vector<int> all =
        distances(topology, Adjacency(topology), NameIndex(topology.nodes()).find(topology.nodes(), "host0"));
    EXPECT_GE(*std::min_element(all.begin(), all.end()), 0) << text;
  }
}

TEST(Described, FatTreeOnRailsHasALeafForEveryNic) {
  const Topology topology = made("fat-tree 6 hosts on rails, leaves of 3 x (4 nics 50GB/s)");
  EXPECT_THAT(links(topology, "leaf6"),
              ElementsAre("network host3/nic2 50.000 ?", "network host4/nic2 50.000 ?", "network host5/nic2 50.000 ?",
                          "network spine0 50.000 ?", "network spine1 50.000 ?", "network spine2 50.000 ?"));
  EXPECT_EQ(count(topology, NodeKind::network_switch), 8 + 3);
}

TEST(Described, DragonflyLinksRoutersOfAGroupAndAllGroups) {
  for (const auto& [text, copies, most] :
       {std::tuple("dragonfly 9 groups of 4 routers of 2 hosts 25GB/s 1us", 1, 2),
        std::tuple("dragonfly 5 groups of 4 routers of 1 host, 2 global", 2, 2),
        std::tuple("dragonfly 5 groups of 3 routers of 1 host, 3 global 50GB/s", 2, 3)}) {
    const Topology topology = made(text);
    std::map<std::pair<std::string, std::string>, int> between;
    std::map<std::string, int> global;
    for (const Link& link : topology.links()) {
      const std::string from = topology.node(link.from).name, to = topology.node(link.to).name;
      if (!from.starts_with("group") || !to.starts_with("group")) continue;
      const std::string from_group = from.substr(0, 6), to_group = to.substr(0, 6);
      ++between[std::minmax(from_group, to_group)];
      if (from_group != to_group) ++global[from], ++global[to];
    }
    const int groups = text[10] - '0', routers = text[22] - '0';
    EXPECT_EQ(between.size(), static_cast<std::size_t>(groups * (groups + 1) / 2)) << text;
    for (const auto& [pair, links] : between)
      EXPECT_EQ(links, pair.first == pair.second ? routers * (routers - 1) / 2 : copies) << text;
    for (const auto& [router, links] : global) EXPECT_LE(links, most) << text << ": " << router;
    const NodeIndex host0 = NameIndex(topology.nodes()).find(topology.nodes(), "host0");
    EXPECT_LE(hosts_by_distance(topology, host0).rbegin()->first, 5) << text;
  }
  const Topology fast = made("dragonfly 2 groups of 1 router of 1 host 25GB/s 1us, global 50GB/s");
  EXPECT_THAT(links(fast, "group1-router0"),
              ElementsAre("network host1 25.000 1.0000", "network group0-router0 50.000 1.0000"));
  EXPECT_EQ(made("dragonfly 1 group of 3 routers of 2 hosts").links().size(), 9u);
}

TEST(Described, TopologiesAreAsLargeAsWasReckonedBefore) {
  for (const char* text :
       {"1 host", "4 hosts", "1 host x (1 nic)", "3 hosts x (2 numa, 8 gpus nvswitch, 4 nics, 5 cores)",
        "3 hosts on rails x (3 gpus nvlink, 2 nics)", "2 hosts x (3 numa, 4 gpus xgmi)", "torus 3x4x5",
        "torus 3x3 x (2 nics)", "twisted torus 4x4x8", "fat-tree 37 hosts, 3 levels, oversubscribed 3:2",
        "fat-tree 10 hosts, leaves of 3 x (2 nics)", "fat-tree 10 hosts on rails, leaves of 3 x (2 nics)",
        "dragonfly 9 groups of 4 routers of 2 hosts, 5 global",
        "dragonfly 3 groups of 2 routers of 1 host x (2 nics)"}) {
    const Topology topology = made(text);
    Limits exact;
    exact.nodes = static_cast<std::uint32_t>(topology.nodes().size());
    exact.links = static_cast<std::uint32_t>(topology.links().size());
    const bool may_be_fewer = std::string_view(text).starts_with("fat-tree");  // leaves that are not full
    EXPECT_TRUE(may_be_fewer || description(text, exact)) << text;
    --exact.nodes;
    EXPECT_FALSE(description(text, exact)) << text;
    ++exact.nodes;
    if (exact.links == 0) continue;
    --exact.links;
    EXPECT_FALSE(description(text, exact)) << text;
  }
}

TEST(Described, AMillionNodesAreMade) {
  const Topology topology = made("torus 100x100x100 50GB/s");
  EXPECT_EQ(topology.nodes().size(), 1'000'000u);
  EXPECT_EQ(topology.links().size(), 3'000'000u);
  EXPECT_THAT(topology.coordinates(123456), ElementsAre(12, 34, 56));
}

}  // namespace
}  // namespace treering::topology
