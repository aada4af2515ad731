// The ways of messages: shortest, widest, spread.
#include "simulation/routes.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "topology/builder.hpp"
#include "unit/simulation_platforms.hpp"

namespace treering {
namespace {

using topology::Link;
using topology::LinkType;
using topology::NodeIndex;
using topology::NodeKind;
using topology::Topology;
using topology::TopologyBuilder;

Topology built(TopologyBuilder builder) {
  auto made = std::move(builder).build();
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : Topology();
}

NodeIndex add(TopologyBuilder& builder, NodeKind kind, const char* name) {
  return builder.add(topology::Node{.kind = kind, .name = name});
}

void join(TopologyBuilder& builder, NodeIndex a, NodeIndex b, double gbs) {
  builder.add(Link{.from = a, .to = b, .type = LinkType::network, .declared = topology::both_ways(gbs)});
}

/// The nodes on the way, ends included. Fails where the channels do not follow one another.
std::vector<NodeIndex> way(const Topology& topology, Routes& routes, NodeIndex from, NodeIndex to,
                           std::uint32_t destination = 0) {
  std::vector<Channel> channels;
  if (!routes.append(from, to, destination, channels)) return {};
  std::vector<NodeIndex> nodes{from};
  for (const Channel channel : channels) {
    const Link& link = topology.link(channel / 2);
    EXPECT_EQ(nodes.back(), channel % 2 ? link.to : link.from);
    nodes.push_back(channel % 2 ? link.from : link.to);
  }
  EXPECT_EQ(nodes.back(), to);
  return nodes;
}

TEST(Routes, OfATorusAreAsLongAsTheDistance) {
  const auto torus = topology::described_topology("torus 4x6 10GB/s");
  ASSERT_TRUE(torus);
  Routes routes(*torus);
  const auto around = [](std::uint32_t a, std::uint32_t b, std::uint32_t extent) {
    const std::uint32_t d = a > b ? a - b : b - a;
    return std::min(d, extent - d);
  };
  for (NodeIndex from = 0; from < 24; ++from)
    for (NodeIndex to = 0; to < 24; ++to)
      EXPECT_EQ(way(*torus, routes, from, to, to).size(),
                1 + around(from / 6, to / 6, 4) + around(from % 6, to % 6, 6));
}

TEST(Routes, OfAShiftMeetNowhereInAFatTree) {
  Hosts hosts("fat-tree 64 hosts 10GB/s 1us, 3 levels, leaves of 4");
  for (Rank shift = 1; shift < 64; ++shift) {
    std::set<Channel> used;
    for (Rank rank = 0; rank < 64; ++rank) {
      std::vector<Channel> route;
      ASSERT_TRUE(hosts.network().append_route(rank, (rank + shift) % 64, route));
      for (const Channel channel : route) EXPECT_TRUE(used.insert(channel).second) << shift << ", " << rank;
    }
  }
}

TEST(Routes, UseParallelLinksAlike) {
  TopologyBuilder builder;
  const NodeIndex a = add(builder, NodeKind::host, "a"), b = add(builder, NodeKind::host, "b");
  for (int cable = 0; cable < 3; ++cable) join(builder, a, b, 5);
  const Topology two = built(std::move(builder));
  Routes routes(two);
  std::set<Channel> used;
  for (std::uint32_t destination = 0; destination < 3; ++destination) {
    std::vector<Channel> route;
    ASSERT_TRUE(routes.append(a, b, destination, route));
    ASSERT_EQ(route.size(), 1u);
    used.insert(route[0]);
  }
  EXPECT_EQ(used.size(), 3u);
}

TEST(Routes, LeaveAndReachAnEndByTheWidestOfItsLinksAndUseThoseAlike) {
  TopologyBuilder builder;
  const NodeIndex a = add(builder, NodeKind::host, "a"), b = add(builder, NodeKind::host, "b"),
                  s = add(builder, NodeKind::network_switch, "s");
  for (const double gbs : {5, 20, 10, 20}) join(builder, a, s, gbs);
  join(builder, b, s, 1);
  const Topology two = built(std::move(builder));
  Routes routes(two);
  const auto link_of_a = [&](NodeIndex from, NodeIndex to, std::uint32_t destination) {
    std::vector<Channel> route;
    EXPECT_TRUE(routes.append(from, to, destination, route));
    return (from == a ? route.front() : route.back()) / 2;
  };
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    EXPECT_EQ(link_of_a(from, to, 0), 1u);
    EXPECT_EQ(link_of_a(from, to, 1), 3u);
    EXPECT_EQ(link_of_a(from, to, 2), 1u);
  }
}

TEST(Routes, TakeTheWidestOfTheShortest) {
  TopologyBuilder builder;
  const NodeIndex a = add(builder, NodeKind::host, "a"), narrow = add(builder, NodeKind::network_switch, "narrow"),
                  wide = add(builder, NodeKind::network_switch, "wide"), b = add(builder, NodeKind::host, "b"),
                  c = add(builder, NodeKind::network_switch, "c"), d = add(builder, NodeKind::network_switch, "d");
  join(builder, a, narrow, 50);
  join(builder, narrow, b, 10);
  join(builder, a, wide, 20);
  join(builder, wide, b, 20);
  join(builder, a, c, 100);
  join(builder, c, d, 100);
  join(builder, d, b, 100);
  const Topology topology = built(std::move(builder));
  Routes routes(topology);
  for (const std::uint32_t destination : {0u, 1u, 2u})
    EXPECT_EQ(way(topology, routes, a, b, destination), (std::vector{a, wide, b}));
}

TEST(Routes, LeadThroughNoGpuOrCoreWhileThereIsAnotherWay) {
  for (const NodeKind kind : {NodeKind::gpu, NodeKind::core}) {
    TopologyBuilder builder;
    const NodeIndex dev0 = add(builder, kind, "dev0"), dev1 = add(builder, kind, "dev1"),
                    dev2 = add(builder, kind, "dev2"), dev3 = add(builder, kind, "dev3"),
                    near = add(builder, NodeKind::pci_switch, "near"),
                    other = add(builder, NodeKind::pci_switch, "other");
    join(builder, dev0, dev1, 300);
    join(builder, dev1, dev2, 300);
    join(builder, dev0, near, 30);
    join(builder, near, other, 30);
    join(builder, other, dev2, 30);
    join(builder, dev2, dev3, 300);
    join(builder, dev1, dev3, 300);
    const Topology host = built(std::move(builder));
    Routes routes(host);
    EXPECT_EQ(way(host, routes, dev0, dev1), (std::vector{dev0, dev1}));
    EXPECT_EQ(way(host, routes, dev0, dev2), (std::vector{dev0, near, other, dev2}));
    EXPECT_EQ(way(host, routes, dev0, dev3), (std::vector{dev0, dev1, dev3})) << "there is no other, and this is short";
  }
}

TEST(Routes, LeadThroughAsManyGpusAsItTakes) {
  constexpr NodeIndex gpus = 9000;
  TopologyBuilder builder;
  for (NodeIndex gpu = 0; gpu < gpus; ++gpu) {
    add(builder, NodeKind::gpu, ("gpu" + std::to_string(gpu)).c_str());
    if (gpu > 0) join(builder, gpu - 1, gpu, 100);
  }
  const Topology chain = built(std::move(builder));
  Routes routes(chain);
  EXPECT_EQ(way(chain, routes, 0, gpus - 1).size(), gpus);
  EXPECT_EQ(way(chain, routes, gpus - 2, 1).size(), gpus - 2);
}

TEST(Routes, PassNoDeadDirection) {
  TopologyBuilder builder;
  const NodeIndex a = add(builder, NodeKind::host, "a"), s = add(builder, NodeKind::network_switch, "s"),
                  b = add(builder, NodeKind::host, "b"), c = add(builder, NodeKind::host, "c");
  builder.add(Link{.from = a, .to = s, .type = LinkType::network, .declared = {.forward_gbs = 0, .back_gbs = 1}});
  join(builder, s, b, 1);
  join(builder, b, c, 1);
  join(builder, a, c, 1);
  const Topology topology = built(std::move(builder));
  Routes routes(topology);
  EXPECT_EQ(way(topology, routes, s, a), (std::vector{s, a}));
  EXPECT_EQ(way(topology, routes, a, s), (std::vector{a, c, b, s}));
}

TEST(Network, KnowsWhatAllLinksOfARankCarry) {
  TopologyBuilder builder;
  const NodeIndex a = add(builder, NodeKind::host, "a"), b = add(builder, NodeKind::host, "b"),
                  c = add(builder, NodeKind::host, "c");
  join(builder, a, b, 10);
  builder.add(Link{.from = a, .to = b, .type = LinkType::network, .declared = {.forward_gbs = 2, .back_gbs = 5}});
  builder.add(Link{.from = b, .to = c, .type = LinkType::network});
  const Topology three = built(std::move(builder));
  const Network network(three, {a, b, c});
  EXPECT_EQ(network.mb_per_s_at(0), 15'000u) << "of each link the wider direction";
  EXPECT_EQ(network.mb_per_s_at(1), 0u) << "one is not known";
  EXPECT_EQ(network.mb_per_s_at(2), 0u);
}

TEST(Network, OfRanksThatOwnTheLinksOfTheirParts) {
  TopologyBuilder builder;
  const NodeIndex leaf = add(builder, NodeKind::network_switch, "leaf");
  std::vector<NodeIndex> hosts, owners{leaf};
  for (const char* name : {"a", "b", "c"}) {
    hosts.push_back(add(builder, NodeKind::host, name));
    const NodeIndex nic = builder.add(topology::Node{.kind = NodeKind::nic, .parent = hosts.back(), .name = "nic"});
    owners.insert(owners.end(), 2, hosts.back());
    join(builder, nic, leaf, 10);
  }
  const Topology fabric = built(std::move(builder));
  std::vector<Channel> route;
  EXPECT_FALSE(Network(fabric, hosts).append_route(0, 2, route)) << "no link ends at a host";
  ASSERT_TRUE(Network(fabric, hosts, {}, owners).append_route(0, 2, route));
  EXPECT_EQ(route, (std::vector<Channel>{0, 5}));
}

TEST(Network, CountsTheLatenciesThatNobodySays) {
  Hosts hosts("2 hosts 10GB/s x (2 gpu nvswitch 450GB/s, 2 nic 3us pcie5)");
  const auto& assumed = hosts.network().assumed_latencies();
  EXPECT_EQ(assumed[static_cast<std::size_t>(LinkType::nvlink)], 4u);
  EXPECT_EQ(assumed[static_cast<std::size_t>(LinkType::network)], 0u);
  EXPECT_GT(assumed[static_cast<std::size_t>(LinkType::pcie)], 0u);
}

}  // namespace
}  // namespace treering
