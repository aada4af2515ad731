// Cables that are missing or in the wrong port: what --check says of them, and what it leaves in peace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tools/topo/check.hpp"
#include "tools/topo/input.hpp"
#include "topo_samples.hpp"

namespace treering::topo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> cabling(const Topology& topology) {
  std::vector<std::string> found;
  for (const Finding& finding : findings(topology))
    if (finding.kind == Finding::Kind::odd_cabling) found.push_back(finding.message);
  return found;
}

/// The same with a link changed; one that is changed to end nowhere is left out.
Topology changed(const Topology& topology, LinkIndex which, const std::function<void(Link&)>& change) {
  TopologyBuilder builder;
  for (const Node& node : topology.nodes()) builder.add(node);
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    Link link = topology.link(i);
    if (i == which) change(link);
    if (link.to != topology::no_node) builder.add(link);
  }
  return built(std::move(builder));
}

Topology without(const Topology& topology, std::string_view a, std::string_view b) {
  return changed(topology, link_between(topology, a, b), [](Link& link) { link.to = topology::no_node; });
}

/// A NIC's cable in another switch.
Topology moved(const Topology& topology, std::string_view nic, std::string_view from, std::string_view to) {
  return changed(topology, link_between(topology, nic, from), [&](Link& link) {
    (topology.node(link.to).kind == NodeKind::nic ? link.from : link.to) = node(topology, to);
  });
}

TEST(TopoCabling, ASwitchThatLacksALinkUpIsFound) {
  const Topology tree = typed("fat-tree 64 hosts 50GB/s, leaves of 4");
  EXPECT_THAT(cabling(without(tree, "leaf11", "spine2")),
              ElementsAre("leaf11 has 3 links to network switches above it (15 others like it have 4)"));
  const Topology high = typed("fat-tree 64 hosts 50GB/s, 3 levels, leaves of 4");
  EXPECT_THAT(cabling(without(high, "spine5", "core5")),
              ElementsAre("spine5 has 3 links to network switches above it (15 others like it have 4)"));
  EXPECT_THAT(cabling(without(typed("fat-tree 12 hosts, leaves of 4"), "leaf1", "spine2")), IsEmpty()) << "of 3 leaves";
}

const char* const on_rails = "fat-tree 32 hosts 50GB/s on rails, leaves of 8 x (4 gpu nvswitch 450GB/s, 4 nic pcie5)";

TEST(TopoCabling, ANicOnTheLeafOfOtherHostsIsFound) {
  const Topology rails = typed(on_rails);
  EXPECT_THAT(cabling(moved(rails, "host5/nic3", "leaf3", "leaf7")),
              ElementsAre("nic3 of host5 is on leaf7 (nic3 of the 7 hosts that share its other leaves: leaf3)"));
  Topology swapped = moved(rails, "host5/nic2", "leaf2", "leaf3");
  swapped = moved(swapped, "host5/nic3", "leaf3", "leaf2");
  EXPECT_THAT(cabling(swapped), IsEmpty()) << "two of four NICs: not most of them are where they should be";
}

TEST(TopoCabling, OfSwappedCablesBothAreFound) {
  Topology rails = typed("fat-tree 32 hosts 50GB/s on rails, leaves of 8 x (8 gpu nvswitch 450GB/s, 8 nic pcie5)");
  rails = moved(rails, "host5/nic2", "leaf2", "leaf3");
  rails = moved(rails, "host5/nic3", "leaf3", "leaf2");
  EXPECT_THAT(cabling(rails),
              ElementsAre("nic2 of host5 is on leaf3 (nic2 of the 7 hosts that share its other leaves: leaf2)",
                          "nic3 of host5 is on leaf2 (nic3 of the 7 hosts that share its other leaves: leaf3)"));
}

TEST(TopoCabling, ARailMayHaveMoreLeavesThanOthers) {
  TopologyBuilder builder(typed("fat-tree 20 hosts on rails, leaves of 20 x (4 gpu, 4 nic pcie5)"));
  builder.add(Node{.kind = NodeKind::network_switch, .name = "more"});
  Topology rails = built(std::move(builder));
  for (int host = 16; host < 20; ++host) rails = moved(rails, "host" + std::to_string(host) + "/nic3", "leaf3", "more");
  EXPECT_THAT(cabling(rails), IsEmpty());
}

TEST(TopoCabling, WhatIsDescribedIsCabledWell) {
  for (int hosts = 1; hosts < 140; hosts += 3)
    for (const char* rest :
         {"", " on rails x (3 gpu, 3 nic)", ", leaves of 6", " on rails, leaves of 5 x (4 gpu, 4 nic)", ", 3 levels",
          ", 3 levels, leaves of 4, oversubscribed 2:1", ", oversubscribed 3:1"})
      EXPECT_THAT(cabling(typed("fat-tree " + std::to_string(hosts) + " hosts" + rest)), IsEmpty()) << hosts << rest;
  for (const char* text : {"torus 4x4x8 x (4 gpu, 6 nic)", "dragonfly 9 groups of 4 routers of 2 hosts, 2 global",
                           "dragonfly 7 groups of 3 routers of 5 hosts x (4 gpu, 4 nic)", "40 hosts x (4 gpu, 4 nic)",
                           "40 hosts on rails x (4 gpu, 4 nic)"})
    EXPECT_THAT(cabling(typed(text)), IsEmpty()) << text;
}

TEST(TopoCabling, RealFabricsGiveNoFalseAlarm) {
  for (const char* name : {"avakas", "plafrim"}) {
    const auto fabric = topology_from(std::string(TREERING_TOPOLOGIES) + "/ib/" + name + "-ibnetdiscover.txt");
    if (!fabric) GTEST_SKIP() << "SKIPPED: " << fabric.error().message;
    EXPECT_THAT(cabling(*fabric), IsEmpty()) << name;
  }
}

}  // namespace
}  // namespace treering::topo
