// A slow link in a cluster of 16 hosts: treering-topo names it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "topo_samples.hpp"
#include "topo_tool.hpp"
#include "topology/adjacency.hpp"

namespace treering::topo {
namespace {

using test::Ran;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The network link of a NIC.
LinkIndex network_link_of(const Topology& cluster, const char* nic) {
  const topology::Adjacency adjacency(cluster);
  for (const topology::Arc& arc : adjacency.of(node(cluster, nic)))
    if (cluster.link(arc.link).type == LinkType::network) return arc.link;
  ADD_FAILURE() << nic << " is on no network";
  return topology::no_link;
}

/// 16 hosts with four NICs each, as fast as they should be.
Topology sound_cluster() {
  return typed("fat-tree 16 hosts 50GB/s on rails, leaves of 4 x (2 numa, 4 gpu nvswitch 450GB/s, 4 nic pcie5)");
}

/// One NIC of host 11 moves 12 of the 50 GB/s that it declares.
Topology cluster_with_a_slow_nic() {
  Topology cluster = sound_cluster();
  EXPECT_TRUE(cluster.set_measured(network_link_of(cluster, "host11/nic2"), topology::both_ways(12)));
  return cluster;
}

/// One NIC of host 5 runs on half of its lanes.
Topology cluster_with_a_narrow_port() {
  const Topology sound = sound_cluster();
  const LinkIndex narrow = network_link_of(sound, "host5/nic1");
  TopologyBuilder builder;
  for (const Node& node : sound.nodes()) builder.add(node);
  for (LinkIndex i = 0; i < sound.links().size(); ++i) {
    Link link = sound.link(i);
    if (link.type == LinkType::network) link.width = 4;
    if (i == narrow) {
      link.width = 2;
      link.declared = topology::both_ways(25);
    }
    builder.add(link);
  }
  return built(std::move(builder));
}

class TopoSlowLink : public TopoTool {};

TEST_F(TopoSlowLink, CheckNamesASlowLinkAmongSixteenHostsAndSaysWhatIsWrongWithIt) {
  const Ran slow = run("--input " + file("slow.json", cluster_with_a_slow_nic()) + " --check");
  EXPECT_EQ(1, slow.status) << slow.err;
  EXPECT_THAT(slow.out,
              ContainsRegex("\nSlow links \\(1\\): look at [^\n]*\n  network link host11/nic2 - leaf10 carries 12 "
                            "GB/s, measured, of 50 declared\n    [^\n]*carry 50\\)\n\n1 finding\n"));
  const Ran narrow = run("--input " + file("narrow.json", cluster_with_a_narrow_port()) + " --check");
  EXPECT_EQ(1, narrow.status) << narrow.err;
  EXPECT_THAT(narrow.out,
              ContainsRegex("\n  network link host5/nic1 - leaf5 carries 25 GB/s on 2 lanes\n    [^\n]*carry 50 on "
                            "4\\)\n\n1 finding\n"));
  const Ran clean = run("--input " + file("sound.json", sound_cluster()) + " --check");
  EXPECT_EQ(0, clean.status);
  EXPECT_THAT(clean.out, StartsWith("nothing looks wrong"));
}

TEST_F(TopoSlowLink, PlanNamesASlowLinkAmongSixteenHosts) {
  const auto all_gather = [&](const Topology& cluster) {
    const Ran ran = run("--input " + file("cluster.json", cluster) + " --plan all-gather");
    EXPECT_EQ(0, ran.status) << ran.err;
    return ran.out;
  };
  EXPECT_THAT(
      all_gather(cluster_with_a_slow_nic()),
      HasSubstr("NICs of host11: 4 links, 162 GB/s in all; slowest: network link host11/nic2 - leaf10, 12 GB/s"));
  EXPECT_THAT(all_gather(cluster_with_a_narrow_port()),
              HasSubstr("NICs of host5: 4 links, 175 GB/s in all; slowest: network link host5/nic1 - leaf5, 25 GB/s"));
  EXPECT_THAT(all_gather(sound_cluster()), Not(HasSubstr("slowest")));
  Topology one_each = typed("16 hosts x (1 gpu, 1 nic 50GB/s pcie5)");
  measure(one_each, "host11/nic0", "network", 12.5, 12.5);
  for (const char* flags : {"--plan", "--plan all_reduce"})
    EXPECT_THAT(run("--input " + file("one.json", one_each) + " " + flags).out, HasSubstr("nic0 of host11: ")) << flags;
}

}  // namespace
}  // namespace treering::topo
