// What --check finds, and what it leaves in peace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/topo/check.hpp"
#include "topo_samples.hpp"
#include "topology/settings.hpp"

namespace treering::topo {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Kind = Finding::Kind;

std::vector<std::string> messages(const Topology& topology, Kind kind) {
  std::vector<std::string> found;
  for (const Finding& finding : findings(topology))
    if (finding.kind == kind) found.push_back(finding.message);
  return found;
}

TEST(TopoCheck, FindsNothingInWhatIsDescribed) {
  for (const char* text :
       {"torus 4x4x8 50GB/s", "twisted torus 4x4x8", "fat-tree 64 hosts 50GB/s, 3 levels, oversubscribed 2:1",
        "dragonfly 9 groups of 4 routers of 2 hosts 25GB/s, 2 global 50GB/s", "1 host", "1 host x (1 core)",
        "16 hosts on rails x (2 numa, 8 gpu nvswitch 450GB/s, 8 nic 400Gb/s pcie5)"})
    EXPECT_THAT(findings(typed(text)), IsEmpty()) << text;
  EXPECT_THAT(findings(Topology()), IsEmpty());
}

TEST(TopoCheck, FindsALinkFarBelowItsSiblings) {
  Topology hosts = typed("8 hosts 40GB/s");
  measure(hosts, "host5", "network", 29, 31);
  measure(hosts, "host6", "network", 31, 31);
  EXPECT_THAT(
      messages(hosts, Kind::slow_link),
      ElementsAre(HasSubstr("host5 - network carries 29 GB/s, measured, of 40 declared (most of the 8 network links")));
}

TEST(TopoCheck, TwoSortsOfLinksAreNoFinding) {
  Topology hosts = typed("7 hosts 40GB/s");
  for (const char* host : {"host0", "host3"}) measure(hosts, host, "network", 10, 10);
  EXPECT_THAT(messages(hosts, Kind::slow_link), IsEmpty()) << "2 of 7 are more than a quarter";
  Topology more = typed("8 hosts 40GB/s");
  for (const char* host : {"host0", "host3"}) measure(more, host, "network", 10, 10);
  EXPECT_EQ(2u, messages(more, Kind::slow_link).size());
}

TEST(TopoCheck, LinksOfAnotherKindAreNoSiblings) {
  EXPECT_THAT(messages(typed("4 hosts x (4 gpu nvswitch 450GB/s, 1 nic 5GB/s pcie3)"), Kind::slow_link), IsEmpty());
  EXPECT_THAT(messages(typed("4 hosts x (8 gpu nvswitch 450GB/s pcie5, 2 nic pcie3)"), Kind::slow_link), IsEmpty());
}

TEST(TopoCheck, FindsLinksThatCarryNothing) {
  Topology hosts = typed("4 hosts 40GB/s");
  measure(hosts, "host1", "network", 0, 38);
  measure(hosts, "host2", "network", 37, 0);
  measure(hosts, "host3", "network", 0, 0);
  EXPECT_THAT(messages(hosts, Kind::one_way_link),
              ElementsAre(HasSubstr("host1 - network carries nothing to network (0 GB/s; 38 the other way)"),
                          HasSubstr("host2 - network carries nothing from network (0 GB/s; 37 the other way)"),
                          HasSubstr("host3 - network carries nothing (0 GB/s both ways")));
  EXPECT_EQ(3u, messages(hosts, Kind::cut_off).size()) << "who only hears or only speaks takes no part";
}

TEST(TopoCheck, FindsUnevenLinks) {
  Topology hosts = typed("4 hosts 40GB/s");
  measure(hosts, "host1", "network", 29, 40);
  measure(hosts, "host2", "network", 31, 40);
  EXPECT_THAT(messages(hosts, Kind::uneven_link),
              ElementsAre(HasSubstr("host1 - network is uneven (29 GB/s to network, 40 back)")));
}

TEST(TopoCheck, MemoryMayBeReadFasterThanWrittenAndMeasuredWithNoise) {
  Topology host = typed("1 host x (1 numa, 4 core)");
  for (const char* core : {"host0/core0", "host0/core1", "host0/core2"}) measure(host, "host0/numa0", core, 22, 14);
  measure(host, "host0/numa0", "host0/core3", 13, 7.5);
  EXPECT_THAT(findings(host), IsEmpty());
  measure(host, "host0/numa0", "host0/core3", 13, 6.5);
  EXPECT_THAT(messages(host, Kind::slow_link), ElementsAre(HasSubstr("core3 carries 6.5 GB/s (most of the 4 memory")));
}

TEST(TopoCheck, FindsLinksMeasuredFarBelowWhatTheyDeclare) {
  Topology hosts = typed("3 hosts 40GB/s");
  measure(hosts, "host1", "network", 29, 27);
  EXPECT_THAT(messages(hosts, Kind::below_declared),
              ElementsAre(HasSubstr("host1 - network was measured at 27 GB/s from network (40 declared)")));
  measure(hosts, "host1", "network", 26, 25);
  EXPECT_THAT(messages(hosts, Kind::below_declared),
              ElementsAre(HasSubstr("at 26 GB/s from host1 (40 declared) and 25 GB/s from network (40 declared)")));
  measure(hosts, "host1", "network", 12, 12);
  EXPECT_THAT(messages(hosts, Kind::below_declared), ElementsAre(HasSubstr("at 12 GB/s both ways of 40 declared")));
}

TEST(TopoCheck, ALinkThatIsSlowAndBelowWhatItDeclaresIsOneFinding) {
  Topology hosts = typed("8 hosts 40GB/s");
  measure(hosts, "host5", "network", 12, 12);
  EXPECT_EQ(1u, findings(hosts).size());
  EXPECT_THAT(messages(hosts, Kind::slow_link), ElementsAre(HasSubstr("carries 12 GB/s, measured, of 40 declared (")));
}

/// Eight hosts, each by one link like `usual` on one switch; that of host5 is like `slow`.
Topology with_one_slow(Link slow, Link usual) {
  TopologyBuilder builder;
  const NodeIndex leaf = builder.add(Node{.kind = NodeKind::network_switch, .name = "leaf"});
  for (int host = 0; host < 8; ++host) {
    Link link = host == 5 ? slow : usual;
    link.from = builder.add(Node{.kind = NodeKind::host, .name = "host" + std::to_string(host)});
    link.to = leaf;
    link.to_port = static_cast<std::uint16_t>(20 + host);
    builder.add(link);
  }
  return built(std::move(builder));
}

TEST(TopoCheck, SaysInWhatASlowLinkDiffersFromTheOthers) {
  const auto link = [](std::uint16_t width, double lane_gts, std::uint32_t count, double gbs) {
    return Link{.type = LinkType::infiniband,
                .width = width,
                .count = count,
                .lane_gts = lane_gts,
                .declared = topology::both_ways(gbs)};
  };
  const Link usual = link(4, 10, 3, 12);
  const auto said = [&](const Link& slow) { return messages(with_one_slow(slow, usual), Kind::slow_link); };
  EXPECT_THAT(said(link(2, 10, 3, 6)), ElementsAre(HasSubstr("host5 - leaf port 25 carries 6 GB/s on 2 lanes (")));
  EXPECT_THAT(said(link(2, 10, 3, 6)), ElementsAre(HasSubstr("switch carry 12 on 4)")));
  EXPECT_THAT(said(link(4, 5, 3, 6)), ElementsAre(HasSubstr("carries 6 GB/s at 5 GT/s a lane (")));
  EXPECT_THAT(said(link(4, 5, 3, 6)), ElementsAre(HasSubstr("switch carry 12 at 10)")));
  EXPECT_THAT(said(link(4, 10, 2, 8)), ElementsAre(HasSubstr("carries 8 GB/s by 2 links side by side (")));
  EXPECT_THAT(said(link(4, 10, 2, 8)), ElementsAre(HasSubstr("switch carry 12 by 3)")));
  EXPECT_THAT(said(link(4, 10, 3, 8)), ElementsAre(HasSubstr("carries 8 GB/s (most of the 8 ")));
}

TEST(TopoCheck, FindsDevicesThatReachNoOthers) {
  Topology hosts = typed("4 hosts 40GB/s");
  measure(hosts, "host2", "network", 0, 0);
  EXPECT_THAT(messages(hosts, Kind::cut_off), ElementsAre(HasSubstr("host2 does not reach 3 of the 4 devices")));
  TopologyBuilder builder(typed("1 host x (3 gpu nvswitch)"));
  builder.add(Node{.kind = NodeKind::gpu, .parent = 0, .name = "lost"});
  EXPECT_THAT(messages(built(std::move(builder)), Kind::cut_off),
              ElementsAre(HasSubstr("host0/lost does not reach 3 of the 4")));
}

TEST(TopoCheck, AHostIsReachedWhereItsNicIs) {
  EXPECT_THAT(messages(fabric(), Kind::cut_off), ElementsAre(HasSubstr("spare does not reach 3 of the 4 devices")));
}

TEST(TopoCheck, FindsNicsWithoutANetwork) {
  TopologyBuilder builder(typed("2 hosts x (2 gpu, 2 nic)"));
  const NodeIndex unplugged = builder.add(Node{.kind = NodeKind::nic, .parent = builder.find("host1"), .name = "eth9"});
  builder.add(Link{.from = builder.find("host1/numa0"), .to = unplugged, .type = LinkType::pcie});
  const NodeIndex two_ports = builder.add(Node{.kind = NodeKind::nic, .parent = builder.find("host0"), .name = "dual"});
  const NodeIndex port = builder.add(Node{.kind = NodeKind::port, .parent = two_ports, .name = "dual-1"});
  builder.add(Link{.from = port, .to = builder.find("network"), .type = LinkType::infiniband});
  EXPECT_THAT(messages(built(std::move(builder)), Kind::without_network),
              ElementsAre(HasSubstr("host1/eth9 is on no network (5 other NICs are)")));
  EXPECT_THAT(messages(every_way(), Kind::without_network), IsEmpty()) << "none is on any";
}

TEST(TopoCheck, FindsWhatIsThereTwice) {
  TopologyBuilder builder(typed("2 hosts"));
  const NodeIndex host0 = builder.find("host0"), host1 = builder.find("host1");
  const auto add = [&](NodeIndex host, const char* name, const char* identity, std::uint64_t guid, std::uint8_t bus) {
    builder.add(Node{.kind = NodeKind::nic,
                     .parent = host,
                     .pci = topology::PciAddress{.bus = bus},
                     .guid = guid,
                     .name = name,
                     .identity = identity});
  };
  add(host0, "a", "uuid-1", 0, 1);
  add(host1, "b", "uuid-1", 0x17, 1);
  add(host1, "c", "", 0x17, 2);
  add(host1, "d", "", 0, 2);
  EXPECT_THAT(messages(built(std::move(builder)), Kind::same_identity),
              ElementsAre(HasSubstr("host0/a and host1/b both have the identity uuid-1"),
                          HasSubstr("host1/b and host1/c both have the GUID 0x0000000000000017"),
                          HasSubstr("host1/c and host1/d both have the address 0000:02:00.0")));
}

/// One of those that have the same address in two hosts.
struct OneAddress {
  const char *host, *name, *master;
  NodeKind kind = NodeKind::port;
};

std::vector<std::string> same_identities(const std::vector<OneAddress>& interfaces) {
  TopologyBuilder builder(typed("2 hosts"));
  for (const auto& [host, name, master, kind] : interfaces) {
    const NodeIndex node =
        builder.add(Node{.kind = kind, .parent = builder.find(host), .name = name, .identity = "02:fc:00:00:00:01"});
    builder.annotate_node(node, {topology::interface_origin, topology::interface_name, name});
    if (*master) builder.annotate_node(node, {topology::interface_origin, topology::master_name, master});
  }
  return messages(built(std::move(builder)), Kind::same_identity);
}

TEST(TopoCheck, LeavesAddressesThatTheKernelSharesOutInPeace) {
  EXPECT_THAT(same_identities({{"host0", "eth0", "bond0"}, {"host0", "eth1", "bond0"}}), IsEmpty());
  EXPECT_THAT(same_identities({{"host0", "eth0", ""}, {"host0", "enP1", "eth0"}}), IsEmpty()) << "as in Azure";
  EXPECT_THAT(same_identities({{"host0", "enP1", "eth0"}, {"host0", "eth0", ""}}), IsEmpty());
  EXPECT_THAT(same_identities({{"host0", "bond0", "", NodeKind::other}, {"host0", "bond0.7", "", NodeKind::other}}),
              IsEmpty());
  const auto both = [](const char* one, const char* other) {
    return ElementsAre(HasSubstr(std::string(one) + " and " + other + " both have the identity 02:fc:00:00:00:01"));
  };
  EXPECT_THAT(same_identities({{"host0", "eth0", ""}, {"host0", "eth1", ""}}), both("host0/eth0", "host0/eth1"));
  EXPECT_THAT(same_identities({{"host0", "eth0", "bond0"}, {"host0", "eth1", "bond1"}}),
              both("host0/eth0", "host0/eth1"));
  EXPECT_THAT(same_identities({{"host0", "eth0", "bond0"}, {"host1", "eth1", "bond0"}}),
              both("host0/eth0", "host1/eth1"));
  EXPECT_THAT(same_identities({{"host0", "br0", "", NodeKind::other}, {"host1", "br0", "", NodeKind::other}}),
              both("host0/br0", "host1/br0"));
}

/// Attributes of a GPU as the driver's library leads to them.
using Said = std::vector<std::pair<const char*, const char*>>;

void say(TopologyBuilder& builder, const char* node, const Said& said) {
  for (const auto& [name, value] : said) builder.annotate_node(builder.find(node), {"nvidia.nvml", name, value});
}

TEST(TopoCheck, FindsGpusThatDoNotWork) {
  TopologyBuilder builder(typed("2 hosts x (4 gpu nvswitch 450GB/s)"));
  say(builder, "host1/gpu2", {{"sm", "90"}, {"state", "lost"}});
  say(builder, "host1/gpu3", {{"state", "Insufficient Permissions"}, {"fabric", "completed"}});
  say(builder, "host1/gpu0", {{"fabric", "not started"}});
  say(builder, "host0", {{"driver_version", "535"}, {"gpu 7", "lost"}});
  const Topology hosts = built(std::move(builder));
  EXPECT_THAT(messages(hosts, Kind::gpu_state),
              ElementsAre(HasSubstr("gpu 7 of host0 does not work (its driver lost it"),
                          HasSubstr("host1/gpu2 does not work (its driver lost it"),
                          HasSubstr("host1/gpu3 does not work (its driver says: Insufficient Permissions)")));
  EXPECT_THAT(messages(hosts, Kind::fabric_state),
              ElementsAre("host1/gpu0 is not ready (the fabric manager of its NVSwitches: not started)"));
}

TEST(TopoCheck, FindsNvLinksThatAreDown) {
  TopologyBuilder builder(typed("2 hosts x (3 gpu nvswitch 450GB/s)"));
  say(builder, "host0/gpu0", {{"nvlinks", "18"}});
  say(builder, "host0/gpu1", {{"nvlinks", "18"}, {"nvlinks_down", "18"}, {"mig", "on"}});
  say(builder, "host0/gpu2", {{"nvlinks", "18"}, {"nvlinks_down", "2"}});
  say(builder, "host1/gpu1", {{"nvlinks", "18"}, {"nvlinks_down", "5"}});
  EXPECT_THAT(messages(built(std::move(builder)), Kind::nvlinks_down),
              ElementsAre(HasSubstr("2 of 18 NVLinks of host0/gpu2 are down (on NVSwitches all are used)"),
                          HasSubstr("5 of 18 NVLinks of host1/gpu1 are down (on NVSwitches all are used)")));
}

TEST(TopoCheck, NvLinksThatNobodyUsesAreNoFinding) {
  TopologyBuilder builder(typed("2 hosts x (3 gpu nvlink 50GB/s)"));
  for (const char* gpu : {"host0/gpu0", "host0/gpu2"}) say(builder, gpu, {{"nvlinks", "12"}, {"nvlinks_down", "8"}});
  for (const char* gpu : {"host1/gpu1", "host1/gpu2"}) say(builder, gpu, {{"nvlinks", "12"}, {"nvlinks_down", "9"}});
  say(builder, "host0/gpu1", {{"nvlinks", "12"}, {"nvlinks_down", "9"}});
  say(builder, "host1/gpu0", {{"nvlinks", "12"}, {"nvlinks_down", "10"}});
  EXPECT_THAT(messages(built(std::move(builder)), Kind::nvlinks_down),
              ElementsAre(HasSubstr("9 of 12 NVLinks of host0/gpu1 are down (8 of a GPU like it)"),
                          HasSubstr("10 of 12 NVLinks of host1/gpu0 are down (9 of a GPU like it)")));
}

TEST(TopoCheck, ManyFindingsOfAKindAreCut) {
  Topology hosts = typed("30 hosts 40GB/s");
  for (int i = 0; i < 25; ++i) measure(hosts, "host" + std::to_string(i), "network", 20, 20);
  const std::vector<Finding> found = findings(hosts);
  EXPECT_EQ(25u, found.size()) << "links, measured below what is declared";
  const std::string text = findings_text(hosts, found, Paint(false));
  EXPECT_THAT(text,
              StartsWith("30 hosts, 1 network switch, 30 links\n\nLinks measured far below what they declare (25): "
                         "look at their errors"));
  EXPECT_THAT(text, EndsWith("\n  ... and 5 more\n\n25 findings\n"));
  EXPECT_EQ(2 + 1 + 20 + 1 + 2, std::count(text.begin(), text.end(), '\n'));
}

TEST(TopoCheck, SaysWhatToDoOnceForAllFindingsOfAKind) {
  Topology hosts = typed("8 hosts 40GB/s");
  measure(hosts, "host2", "network", 0, 0);
  measure(hosts, "host5", "network", 20, 20);
  EXPECT_EQ(
      "8 hosts, 1 network switch, 8 links\n\n"
      "Slow links (1): look at their cables and slots, and at the width and speed that they run at\n"
      "  network link host5 - network carries 20 GB/s, measured, of 40 declared\n"
      "    (most of the 7 network links from host to network switch carry 40)\n\n"
      "Links that carry nothing (1): look at their cables, ports and routes\n"
      "  network link host2 - network carries nothing (0 GB/s both ways: it is down)\n\n"
      "Devices that do not reach the others (1): add the links, or bring them up\n"
      "  host2 does not reach 7 of the 8 devices (no links that carry something both ways lead there)\n\n"
      "3 findings\n",
      findings_text(hosts, findings(hosts), Paint(false)));
}

}  // namespace
}  // namespace treering::topo
