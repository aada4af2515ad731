// The ways between devices, and what they are called.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/topo/explain.hpp"
#include "tools/topo/matrix.hpp"
#include "tools/topo/paths.hpp"
#include "tools/topo/words.hpp"
#include "topo_samples.hpp"

namespace treering::topo {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// "kind GB/s of the narrowest link" of the nearest path.
std::string way(const Topology& topology, const char* from, const char* to) {
  const auto path = Paths(topology).nearest_from(node(topology, from)).to(node(topology, to));
  if (!path) return "-";
  const Width width = width_of(topology, *path);
  return kind_of(topology, *path) + " " + (width.gbs.is_known() ? std::to_string(int(width.gbs.value())) : "?");
}

std::string explained(const Topology& topology, const char* from, const char* to) {
  const auto text = explain_text(topology, from, to, Paint(false));
  EXPECT_TRUE(text) << text.error().message;
  return text ? *text : "";
}

TEST(TopoPaths, EveryWayHasTheNameThatNvidiaSmiGivesIt) {
  const Topology host = every_way();
  EXPECT_EQ("NV4 100", way(host, "h/gpu0", "h/gpu1"));
  EXPECT_EQ("NV 110", way(host, "h/gpu1", "h/gpu2"));
  EXPECT_EQ("XGMI 120", way(host, "h/gpu2", "h/gpu3"));
  EXPECT_EQ("PIX 28", way(host, "h/gpu0", "h/nic0"));
  EXPECT_EQ("PXB 27", way(host, "h/gpu1", "h/nic0"));
  EXPECT_EQ("PXB 27", way(host, "h/gpu1", "h/bridge0"));
  EXPECT_EQ("NODE 26", way(host, "h/gpu2", "h/nic0"));
  EXPECT_EQ("NODE 26", way(host, "h/gpu0", "h/gpu2")) << "GPUs pass nothing on while there is another way";
  EXPECT_EQ("SYS 28", way(host, "h/gpu3", "h/nic0"));
  EXPECT_EQ("C2C 90", way(host, "h/gpu3", "h/numa1"));
  EXPECT_EQ("PHB 20", way(host, "h/gpu2", "h/core0"));
  EXPECT_EQ("MEM 20", way(host, "h/core0", "h/core1"));
  EXPECT_EQ("X ?", way(host, "h/gpu0", "h/gpu0"));
  EXPECT_EQ("NET 50", way(typed("2 hosts x (1 gpu, 1 nic 50GB/s pcie5)"), "host0/gpu0", "host1/gpu0"));
}

TEST(TopoPaths, GpusPassOnWhereThereIsNoOtherWay) {
  TopologyBuilder builder;
  for (const char* name : {"a", "b", "c"}) builder.add(Node{.kind = NodeKind::gpu, .name = name});
  for (const NodeIndex i : {0u, 1u})
    builder.add(
        Link{.from = i, .to = i + 1, .type = LinkType::nvlink, .count = 5 + i, .declared = topology::both_ways(9 + i)});
  EXPECT_EQ("NV5 9", way(built(std::move(builder)), "a", "c"));
}

TEST(TopoPaths, NothingPassesADeadDirection) {
  Topology hosts = typed("2 hosts 10GB/s");
  measure(hosts, "host1", "network", 0, 10);
  EXPECT_EQ("NET 10", way(hosts, "host0", "host1"));
  EXPECT_EQ("-", way(hosts, "host1", "host0"));
}

TEST(TopoPaths, OfEquallyNearOnesTheWidestIsTaken) {
  Topology rails = typed("2 hosts 10GB/s on rails x (1 gpu pcie5, 4 nic)");
  for (const char* nic : {"host0/nic0", "host0/nic1", "host0/nic3"})
    measure(rails, nic, ("rail" + std::string(nic).substr(9)).c_str(), 9, 9);
  EXPECT_EQ("NET 10", way(rails, "host0/gpu0", "host1/gpu0"));
  EXPECT_THAT(explained(rails, "host0/gpu0", "host1/gpu0"), HasSubstr("host0/nic2 - rail2"));
}

TEST(TopoExplain, ShowsEveryHopAndTheNarrowest) {
  Topology cluster = typed("2 hosts x (1 gpu, 1 nic 50GB/s 3us pcie5)");
  measure(cluster, "host1/nic0", "network", 20, 12.5);
  EXPECT_EQ(
      "host0/gpu0 to host1/gpu0: NET, 12.5 GB/s, 6 hops\n"
      "  host0/gpu0 - host0/pci0  pcie x16 32 GT/s  63.02 GB/s\n"
      "  host0/pci0 - host0/nic0  pcie x16 32 GT/s  63.02 GB/s\n"
      "  host0/nic0 - network     network           50 GB/s                           1.5 us\n"
      "  network - host1/nic0     network           12.5 GB/s measured (50 declared)  1.5 us  <- narrowest\n"
      "  host1/nic0 - host1/pci0  pcie x16 32 GT/s  63.02 GB/s\n"
      "  host1/pci0 - host1/gpu0  pcie x16 32 GT/s  63.02 GB/s\n",
      explained(cluster, "host0/gpu0", "host1/gpu0"));
}

TEST(TopoExplain, SaysWhatOtherWayIsWiderAndWhyItIsNotTaken) {
  const Topology host = typed("1 host x (2 gpu nvswitch 45GB/s pcie5, 2 nic)");
  const std::string text = explained(host, "gpu0", "gpu1");
  EXPECT_THAT(text, HasSubstr("host0/gpu0 to host0/gpu1: NV, 45 GB/s, 2 hops"));
  EXPECT_THAT(text, HasSubstr("A wider way is not taken, since it leads farther (PHB, 63 GB/s)"));
  EXPECT_THAT(text, HasSubstr("host0/numa0 - host0/pci1"));
  EXPECT_THAT(explained(typed("1 host x (2 gpu nvswitch 450GB/s)"), "gpu0", "gpu1"), Not(HasSubstr("wider")));
}

TEST(TopoExplain, SaysWhereThereIsNoWay) {
  EXPECT_THAT(explained(fabric(), "spare", "node0"), HasSubstr("no way"));
  EXPECT_THAT(explained(typed("2 hosts"), "host0", "host0"), HasSubstr("nothing has to move"));
  EXPECT_THAT(explained(typed("2 hosts"), "host0", "host1"), HasSubstr("NET, unknown bandwidth, 2 hops"));
}

TEST(TopoExplain, AHostWithoutLinksStandsForItsOneNic) {
  EXPECT_THAT(explained(fabric(), "node0", "node1"),
              StartsWith("node0/mlx5_0 to node1/mlx5_0: NET, 25 GB/s, 2 hops\n"));
  EXPECT_THAT(explained(fabric(), "node0", "node0/mlx5_0"), HasSubstr("have the same links: nothing has to move"));
  const auto several = explain_text(typed("2 hosts x (1 gpu, 1 nic)"), "host0/gpu0", "host1", Paint(false));
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message,
              HasSubstr("no link ends at host1 (they end at 4 of its parts) name one of these, such as host1/numa0"));
}

TEST(TopoExplain, RefusesNamesThatAreNotOneNode) {
  const Topology hosts = typed("2 hosts x (2 gpu)");
  const auto wrong = [&](const char* name) { return explain_text(hosts, "host0/gpu0", name, Paint(false)); };
  ASSERT_FALSE(wrong("gpu1"));
  EXPECT_THAT(wrong("gpu1").error().message, HasSubstr("there are host0/gpu1, host1/gpu1"));
  ASSERT_FALSE(wrong("gpu7"));
  EXPECT_THAT(wrong("gpu7").error().message, HasSubstr("'gpu7' is no node"));
}

TEST(TopoMatrix, NamesWaysBandwidthsAndTheNearestNics) {
  const std::string text =
      matrix_text(typed("1 host x (2 numa 40GB/s, 2 gpu nvlink 300GB/s, 4 nic 50GB/s pcie5)"), Paint(false));
  EXPECT_THAT(text, HasSubstr("1 host, 2 NUMA domains, 2 PCIe switches, 2 GPUs, 4 NICs, 1 network switch, 14 links"));
  EXPECT_THAT(text, HasSubstr("gpu0  X       NV 300  PIX 63  PIX 63  SYS 40  SYS 40  numa0  nic0 nic1\n"));
  EXPECT_THAT(text, HasSubstr("  numa1  nic2 nic3\n"));
  EXPECT_THAT(text, HasSubstr("nic3  SYS 40  PIX 63  SYS 40  SYS 40  PIX 63  X       numa1\n"));
}

/// Two GPUs of 4 + 5 NVLinks of 25 GB/s to two switches; one link of the second pair is down.
Topology two_switches() {
  TopologyBuilder builder;
  const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = "host"});
  const auto add = [&](NodeKind kind, const char* name) {
    return builder.add(Node{.kind = kind, .parent = host, .name = name});
  };
  const NodeIndex gpus[] = {add(NodeKind::gpu, "gpu0"), add(NodeKind::gpu, "gpu1")};
  const NodeIndex switches[] = {add(NodeKind::nvswitch, "switch0"), add(NodeKind::nvswitch, "switch1")};
  for (const NodeIndex gpu : gpus)
    for (const NodeIndex to : switches) {
      const std::uint32_t links = to == switches[0] ? 4 : gpu == gpus[0] ? 5 : 3;
      builder.add(Link{.from = gpu,
                       .to = to,
                       .type = LinkType::nvlink,
                       .count = links,
                       .declared = topology::both_ways(25.0 * links)});
    }
  return built(std::move(builder));
}

TEST(TopoMatrix, NvSwitchesCarrySideBySide) {
  const std::string text = matrix_text(two_switches(), Paint(false));
  EXPECT_THAT(text, ContainsRegex("gpu0 +X +NV7 175")) << "four over the first, and the fewer over the second";
  Topology dead = two_switches();
  measure(dead, "host/gpu1", "host/switch1", 0, 0);
  EXPECT_THAT(matrix_text(dead, Paint(false)), ContainsRegex("gpu0 +X +NV4 100"));
}

/// A GPU with two cables to a switch of which the other GPU has three; and to another, one and two.
Topology parallel_cables() {
  TopologyBuilder builder;
  const auto add = [&](NodeKind kind, const char* name) { return builder.add(Node{.kind = kind, .name = name}); };
  const NodeIndex gpus[] = {add(NodeKind::gpu, "gpu0"), add(NodeKind::gpu, "gpu1")};
  const NodeIndex switches[] = {add(NodeKind::nvswitch, "switch0"), add(NodeKind::nvswitch, "switch1")};
  const auto join = [&](NodeIndex gpu, NodeIndex to, std::uint32_t links) {
    builder.add(Link{.from = gpu,
                     .to = to,
                     .type = LinkType::nvlink,
                     .count = links,
                     .declared = topology::both_ways(25.0 * links)});
  };
  for (const std::uint32_t links : {3, 2}) join(gpus[0], switches[0], links);
  for (const std::uint32_t links : {2, 1, 1}) join(gpus[1], switches[0], links);
  for (const std::uint32_t links : {2}) join(gpus[0], switches[1], links);
  for (const std::uint32_t links : {2, 4}) join(gpus[1], switches[1], links);
  return built(std::move(builder));
}

TEST(TopoMatrix, ParallelLinksToAnNvSwitchCountOnceEach) {
  const Topology cables = parallel_cables();
  EXPECT_THAT(matrix_text(cables, Paint(false)), ContainsRegex("gpu0 +X +NV6 150"))
      << "4 of 5 over the one, where the other has only that many, and 2 over the other";
  EXPECT_THAT(matrix_text(cables, Paint(false)), ContainsRegex("gpu1 +NV6 150 +X"));
  const auto text = explain_text(cables, "gpu1", "switch0", Paint(false));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("Other NVLinks lead there beside these: NV4, 100 GB/s together"));
}

TEST(TopoMatrix, LinksBesideOthersAreLeftOutWhereTheWayIsNotOfNvLinks) {
  TopologyBuilder builder;
  for (const NodeKind kind : {NodeKind::gpu, NodeKind::gpu, NodeKind::pci_switch})
    builder.add(Node{.kind = kind, .name = std::string(1, char('a' + builder.nodes().size()))});
  for (int cable = 0; cable < 2; ++cable)
    builder.add(Link{.from = 0, .to = 1, .type = LinkType::nvlink, .count = 2, .declared = topology::both_ways(50)});
  builder.add(Link{.from = 1, .to = 2, .type = LinkType::pcie, .declared = topology::both_ways(60)});
  const auto text = explain_text(built(std::move(builder)), "a", "c", Paint(false));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("a to c: PIX, 50 GB/s, 2 hops"));
  EXPECT_THAT(*text, Not(HasSubstr("together")));
}

TEST(TopoExplain, SaysWhatNvSwitchesCarryTogether) {
  const auto text = explain_text(two_switches(), "gpu0", "gpu1", Paint(false));
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, HasSubstr("2 ways lead there side by side, each over another NVSwitch: NV7, 175 GB/s together"));
  const auto one = explain_text(typed("1 host x (4 gpu nvswitch 450GB/s)"), "gpu0", "gpu1", Paint(false));
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_THAT(*one, Not(HasSubstr("side by side")));
}

TEST(TopoMatrix, UnknownBandwidthsAreNotGuessed) {
  EXPECT_THAT(matrix_text(typed("torus 3x3"), Paint(false)), HasSubstr("NET ?"));
  Topology hosts = typed("2 hosts");
  measure(hosts, "host0", "network", 7, 8);
  const std::string text = matrix_text(hosts, Paint(false));
  EXPECT_THAT(text, HasSubstr("host0  X        NET <=7"));
  EXPECT_THAT(text, HasSubstr("host1  NET <=8  X"));
}

TEST(TopoMatrix, HostsOfALargeClusterThatAreAlikeShareOne) {
  Topology cluster = typed("16 hosts x (4 gpu nvswitch 450GB/s, 4 nic 50GB/s pcie5)");
  measure(cluster, "host3/gpu2", "host3/nvswitch", 225, 225);
  measure(cluster, "host9/nic0", "network", 5, 5);
  const std::string text = matrix_text(cluster, Paint(false));
  EXPECT_THAT(text, HasSubstr("Inside host0, and 14 more like it\n"));
  EXPECT_THAT(text, HasSubstr("Inside host3\n"));
  EXPECT_THAT(text, HasSubstr("host0/gpu0 - host1/gpu0: NET 50, and 12 more like it\n"));
  EXPECT_THAT(text, HasSubstr("host8/gpu0 - host9/gpu0: NET 5, and 1 more like it\n"));
}

TEST(TopoMatrix, AFewHostsThatAreAlikeShareOneWhereAllWouldBeTooWide) {
  const Topology two = typed("2 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s pcie5)");
  const std::string text = matrix_text(two, Paint(true));
  EXPECT_THAT(text, HasSubstr("Inside host0, and 1 more like it\n"));
  EXPECT_THAT(text, HasSubstr("only the first device of each to that of the next; --explain"));
  EXPECT_THAT(matrix_text(typed("2 hosts x (2 gpu nvswitch 450GB/s)"), Paint(true)), Not(HasSubstr("Inside")));
  Topology other = two;
  measure(other, "host1/gpu2", "host1/nvswitch", 225, 225);
  EXPECT_THAT(matrix_text(other, Paint(true)), Not(HasSubstr("Inside"))) << "no two are alike";
}

TEST(TopoMatrix, OfManyDevicesGoesOnBelow) {
  const Topology one = typed("1 host x (2 numa, 8 gpu nvswitch 450GB/s, 10 nic 50GB/s pcie5)");
  EXPECT_LE(shown_width(matrix_text(one, Paint(true))), most_columns);
  const std::string text = matrix_text(one, Paint(false));
  EXPECT_LE(shown_width(text), most_columns);
  EXPECT_THAT(text, ContainsRegex("\n +gpu0 +gpu1 .*[^C]\n")) << "what is nearest stands in the last part";
  EXPECT_THAT(text, ContainsRegex("\ngpu0 +X +NV 450 "));
  EXPECT_THAT(text, ContainsRegex("\n\n +nic[0-9] .* nic9 +NUMA +nearest NIC\ngpu0 +"));
  EXPECT_THAT(text, ContainsRegex("\nnic9 .* X +numa1\n"));
}

TEST(TopoMatrix, SaysWhatCoresReadAndWriteWhereItWasMeasured) {
  Topology host = typed("1 host x (2 numa, 4 core)");
  EXPECT_THAT(matrix_text(host, Paint(false)), Not(HasSubstr("written")));
  measure(host, "host0/numa0", "host0/core0", 22.2, 14.2);
  measure(host, "host0/numa0", "host0/core1", 21, 14.2);
  measure(host, "host0/numa1", "host0/core2", 19, 13);
  EXPECT_THAT(matrix_text(host, Paint(false)),
              HasSubstr("\n\nhost0/numa0 by 2 cores, each alone: 21 to 22.2 GB/s read / 14.2 written (measured)\n"
                        "host0/numa1 by 1 core, each alone: 19 GB/s read / 13 written (measured)\n"));
}

TEST(TopoMatrix, OfHostsWithoutLinksTheNicsAreTheDevices) {
  const std::string text = matrix_text(fabric(), Paint(false));
  EXPECT_THAT(text, HasSubstr("node0/mlx5_0  -      X             NET 25        NET 20"));
  EXPECT_THAT(text, Not(HasSubstr("\nnode0 "))) << "it would be a row of nothing";
  EXPECT_THAT(text, HasSubstr("\nspare         X      -"));
}

TEST(TopoMatrix, ColoursChangeNothingElse) {
  const Topology host = typed("1 host x (2 gpu nvswitch 450GB/s, 1 nic pcie5)");
  std::string coloured = matrix_text(host, Paint(true));
  EXPECT_THAT(coloured, HasSubstr("\x1b[32mNV\x1b[0m 450"));
  for (std::size_t at; (at = coloured.find('\x1b')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) - at + 1);
  EXPECT_EQ(matrix_text(host, Paint(false)), coloured);
}

}  // namespace
}  // namespace treering::topo
