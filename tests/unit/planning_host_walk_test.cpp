// Hosts in rings along the network: how many links each hop takes, counted by a search of the tests' own.
#include "planning/host_walk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "topology/builder.hpp"
#include "topology/description.hpp"
#include "topology/input/input.hpp"

namespace treering {
namespace {

using testing::ElementsAre;
using topology::NodeIndex;
using topology::Topology;

Topology described(const std::string& text) {
  auto topology = topology::described_topology(text);
  EXPECT_TRUE(topology) << text << ": " << topology.error().message;
  return topology ? *topology : Topology();
}

/// Links between two hosts, by breadth-first search over the plain links.
std::map<NodeIndex, int> distances_from(const Topology& topology, NodeIndex from) {
  std::multimap<NodeIndex, NodeIndex> ways;
  for (const topology::Link& link : topology.links()) {
    ways.emplace(link.from, link.to);
    ways.emplace(link.to, link.from);
  }
  std::map<NodeIndex, int> distance = {{from, 0}};
  for (std::deque<NodeIndex> queue = {from}; !queue.empty(); queue.pop_front())
    for (auto [way, end] = ways.equal_range(queue.front()); way != end; ++way)
      if (distance.emplace(way->second, distance[queue.front()] + 1).second) queue.push_back(way->second);
  return distance;
}

/// Links of each hop of a ring, the last one home.
std::vector<int> hops_of(const Topology& topology, const std::vector<NodeIndex>& walk) {
  std::vector<int> hops;
  for (std::size_t k = 0; k < walk.size(); ++k)
    hops.push_back(distances_from(topology, walk[k])[walk[(k + 1) % walk.size()]]);
  return hops;
}

void expect_same_hosts(std::vector<NodeIndex> walk, std::vector<NodeIndex> hosts) {
  EXPECT_EQ(walk.front(), hosts.front());
  std::ranges::sort(walk);
  std::ranges::sort(hosts);
  EXPECT_EQ(walk, hosts);
}

std::vector<NodeIndex> shuffled(std::vector<NodeIndex> hosts, unsigned seed) {
  std::ranges::shuffle(hosts, std::mt19937(seed));
  return hosts;
}

class WholeTorus : public testing::TestWithParam<const char*> {};

TEST_P(WholeTorus, EveryHopIsOneLink) {
  const Topology topology = described(GetParam());
  const std::vector<NodeIndex> all = hosts_of(topology);
  for (const std::vector<NodeIndex>& hosts : {all, shuffled(all, 1), shuffled(all, 2)}) {
    const std::vector<NodeIndex> walk = host_walk(topology, hosts);
    expect_same_hosts(walk, hosts);
    for (const int hop : hops_of(topology, walk)) ASSERT_EQ(hop, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, WholeTorus,
                         testing::Values("torus 2", "torus 5", "torus 6", "torus 2x2", "torus 3x3", "torus 3x5",
                                         "torus 3x4", "torus 4x3", "torus 4x4x8 50GB/s", "torus 3x5x7", "torus 2x3x2x3",
                                         "torus 1x4x1", "torus 3x3x3x3", "twisted torus 4x4x8", "twisted torus 3x6",
                                         "twisted torus 6x3"));

/// The hosts of a 2-dimensional torus with these coordinates.
std::vector<NodeIndex> box(const Topology& topology, std::set<std::uint32_t> rows, std::set<std::uint32_t> columns) {
  std::vector<NodeIndex> hosts;
  for (const NodeIndex host : hosts_of(topology)) {
    const auto at = topology.coordinates(host);
    if (rows.contains(at[0]) && columns.contains(at[1])) hosts.push_back(host);
  }
  return hosts;
}

TEST(HostWalk, PassesABoxOfATorusByItsLinks) {
  const Topology topology = described("torus 8x8");
  for (const auto& hosts : {box(topology, {2, 3}, {1, 2, 3}), box(topology, {1, 2, 3}, {4, 5, 6, 7}),
                            box(topology, {7, 0, 1}, {6, 7, 0, 1}), box(topology, {0, 1, 2, 3, 4, 5, 6, 7}, {3, 4, 5})})
    for (const int hop : hops_of(topology, host_walk(topology, hosts))) EXPECT_EQ(hop, 1);
}

TEST(HostWalk, PassesTheRestOfATorusThatLacksHosts) {
  const Topology topology = described("torus 6x6");
  std::vector<NodeIndex> hosts = shuffled(hosts_of(topology), 3);
  hosts.resize(20);
  const std::vector<NodeIndex> walk = host_walk(topology, hosts);
  expect_same_hosts(walk, hosts);
}

/// How often a ring enters a switch from elsewhere, of switches that hosts are linked to; once is the least.
std::map<std::string, int> entries(const Topology& topology, const std::vector<NodeIndex>& walk) {
  std::map<NodeIndex, std::string> leaf;
  for (const topology::Link& link : topology.links())
    for (const auto& [host, other] : {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
      const NodeIndex whole = topology::host_of(topology.nodes(), host);
      if (whole != topology::no_node && topology::host_of(topology.nodes(), other) == topology::no_node)
        leaf.emplace(whole, topology.node(other).name);
    }
  std::map<std::string, int> entered;
  for (std::size_t k = 0; k < walk.size(); ++k) {
    const std::string &here = leaf[walk[k]], &next = leaf[walk[(k + 1) % walk.size()]];
    entered[next] += here != next;
  }
  return entered;
}

TEST(HostWalk, EntersEachLeafOfAFatTreeOnce) {
  for (const char* const text :
       {"fat-tree 16 hosts, leaves of 4", "fat-tree 64 hosts, 3 levels, leaves of 4", "fat-tree 10 hosts, leaves of 4",
        "fat-tree 12 hosts on rails, leaves of 3 x (4 nic)", "dragonfly 3 groups of 2 routers of 4 hosts"}) {
    const Topology topology = described(text);
    for (const unsigned seed : {1u, 2u, 3u}) {
      const std::vector<NodeIndex> hosts = shuffled(hosts_of(topology), seed);
      const std::vector<NodeIndex> walk = host_walk(topology, hosts);
      expect_same_hosts(walk, hosts);
      for (const auto& [leaf, times] : entries(topology, walk)) EXPECT_EQ(times, 1) << leaf << " of " << text;
    }
  }
}

TEST(HostWalk, KeepsPodsTogether) {
  const Topology topology = described("fat-tree 27 hosts, 3 levels, leaves of 3");
  const std::vector<NodeIndex> all = hosts_of(topology);
  const std::vector<NodeIndex> walk = host_walk(topology, shuffled(all, 5));
  int changes = 0;
  const auto pod = [&](std::size_t k) { return (walk[k % walk.size()] - all.front()) / 9; };
  for (std::size_t k = 0; k < walk.size(); ++k) changes += pod(k) != pod(k + 1);
  EXPECT_EQ(changes, 3);
}

TEST(HostWalk, LeavesWhatStandsWell) {
  for (const char* const text :
       {"4 hosts", "200000 hosts", "torus 6", "torus 200000x1", "fat-tree 64 hosts, 3 levels, leaves of 4"}) {
    const Topology topology = described(text);
    const std::vector<NodeIndex> hosts = hosts_of(topology);
    EXPECT_EQ(host_walk(topology, hosts), hosts) << text;
  }
}

TEST(HostWalk, DoesNotGoThroughHostsOfSwitches) {
  // a and b are on two rails; c is on the first alone, d on the second: c - d is no near way by a.
  topology::TopologyBuilder builder;
  const auto host = [&](const char* name) { return builder.add({.kind = topology::NodeKind::host, .name = name}); };
  const auto leaf = [&](const char* name) {
    return builder.add({.kind = topology::NodeKind::network_switch, .name = name});
  };
  const NodeIndex c = host("c"), d = host("d"), a = host("a"), e = host("e"), one = leaf("1"), two = leaf("2");
  for (const auto& [from, to] : {std::pair(a, one), {a, two}, {c, one}, {d, two}, {e, one}})
    builder.add(topology::Link{.from = from, .to = to, .type = topology::LinkType::network});
  const auto topology = std::move(builder).build();
  ASSERT_TRUE(topology);
  EXPECT_THAT(host_walk(*topology, std::vector{c, d, a, e}), ElementsAre(c, a, d, e));
  EXPECT_THAT(host_walk(*topology, std::vector{c, d, e}), ElementsAre(c, e, d));  // no way to d: last
}

TEST(HostWalk, PassesNoLinkThatIsDead) {
  topology::TopologyBuilder builder;
  std::vector<NodeIndex> hosts;
  for (const char* const name : {"a", "b", "c"})
    hosts.push_back(builder.add({.kind = topology::NodeKind::host, .name = name}));
  builder.add(topology::Link{.from = hosts[0], .to = hosts[1], .declared = topology::both_ways(0)});
  builder.add(topology::Link{.from = hosts[0], .to = hosts[2]});
  const auto topology = std::move(builder).build();
  ASSERT_TRUE(topology);
  EXPECT_THAT(host_walk(*topology, hosts), ElementsAre(hosts[0], hosts[2], hosts[1]));
}

TEST(PortMbits, IsThatOfTheFastestLinkOutOfAHost) {
  const auto rates = [](const std::string& text) {
    const Topology topology = described(text);
    return port_mbits(topology)[hosts_of(topology).back()];
  };
  EXPECT_EQ(rates("4 hosts 10Gb/s"), 10'000u);
  EXPECT_EQ(rates("torus 4x4 50GB/s"), 400'000u);
  EXPECT_EQ(rates("2 hosts x (8 gpu nvswitch 450GB/s, 8 nic 25GB/s pcie5)"), 200'000u);
  EXPECT_EQ(rates("2 hosts"), 0u);
}

/// Of the fabrics of real clusters.
class RealFabric : public testing::TestWithParam<const char*> {};

TEST_P(RealFabric, EntersNearlyEveryLeafOnce) {
  const std::string file = std::string(TREERING_FABRICS) + "/" + GetParam();
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "SKIPPED: there is no " << file;
  const auto topology = topology::network_from(file);
  ASSERT_TRUE(topology) << topology.error().message;
  const std::vector<NodeIndex> hosts = shuffled(hosts_of(*topology), 7);
  const std::vector<NodeIndex> walk = host_walk(*topology, hosts);
  expect_same_hosts(walk, hosts);
  int leaves = 0, before = 0, after = 0;
  for (const auto& [leaf, times] : entries(*topology, walk)) {
    ++leaves;
    after += times;
  }
  for (const auto& [leaf, times] : entries(*topology, hosts)) before += times;
  EXPECT_LE(after, leaves + leaves / 10) << leaves << " leaves, " << before << " entries before";
  EXPECT_GT(before, 3 * after);
}

INSTANTIATE_TEST_SUITE_P(Of, RealFabric, testing::Values("avakas-ibnetdiscover.txt", "plafrim-ibnetdiscover.txt"),
                         [](const auto& file) {
                           return std::string(file.param).substr(0, std::string(file.param).find('-'));
                         });

}  // namespace
}  // namespace treering
