// Topology files of NCCL as they are written: what was read survives, what has changed does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "topology/builder.hpp"
#include "topology/description.hpp"
#include "topology/json.hpp"
#include "topology/names.hpp"
#include "topology/nccl/nccl_xml.hpp"
#include "topology_nccl_samples.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(NcclXmlWritten, AttributesSurvive) {
  const Topology topology = read(two_gpus);
  const std::string written = write(topology);
  for (
      const char* text :
      {R"(<system version="1" made="by hand">)",
       R"(<cpu numaid="1" affinity="ff00" arch="x86_64" vendor="GenuineIntel")",
       R"(<gpu dev="1" sm="80" rank="7" gdr="0" keep="1">)",
       R"(<net name="mlx5_3" dev="2" speed="200000" port="2" guid="0x9a7" latency="1.500000" maxconn="131072" gdr="1" coll="1" />)",
       R"(subsystem_device="0x1534" link_speed="16 GT/s" link_width="16")"}) {
    EXPECT_THAT(written, HasSubstr(text));
  }
  EXPECT_EQ(read(written), topology);
  const auto from_json = topology_from_json(json_of(topology), "f");
  ASSERT_TRUE(from_json) << from_json.error().message;
  EXPECT_EQ(write(*from_json), written);
}

TEST(NcclXmlWritten, ElementsThatNobodyKnowsStayWhereTheyWere) {
  const std::string text = R"(<system version="2">
  <weather wind="3" />
  <cpu numaid="0">
    <pci busid="0000:01:00.0">
      <pcilink target="0000:02:00.0" />
      <pci busid="0000:03:00.0">
        <gpu>
          <laser />
          <nvlink target="0000:09:00.0" count="2" tclass="0x030200" />
          <laser power="5" />
        </gpu>
      </pci>
      <pciswitch ports="8">
        <port />
      </pciswitch>
    </pci>
    <pci busid="0000:02:00.0">
      <pcilink target="0000:01:00.0" />
      <pci busid="0000:04:00.0">
        <nic />
      </pci>
    </pci>
    <gpu dev="5" />
    <nic />
  </cpu>
</system>
)";
  const Topology topology = read(text);
  EXPECT_EQ(write(topology), text);
  EXPECT_EQ(read(write(topology)), topology);
  EXPECT_EQ(links_of(topology).back(), "host0/0000:01:00.0 - host0/0000:02:00.0 pcie");
  EXPECT_EQ(count_of(topology, LinkType::other), 2) << "of the GPU and the NIC that lie in no PCI device";
  EXPECT_EQ(topology.links().size(), 7u) << "both switches say that they are linked, by one link";
}

TEST(NcclXmlWritten, ANicOfATemplateHasNoMoreThanWasReadInIt) {
  const std::string text = R"(<system version="1">
  <cpu numaid="0">
    <pci busid="0000:01:00.0" class="0x020000">
      <rack />
    </pci>
  </cpu>
</system>
)";
  EXPECT_EQ(write(read(text)), text);
}

TEST(NcclXmlWritten, AGpuOfATemplateIsTheEndOfLinks) {
  const std::string text = R"(<system version="1">
  <cpu numaid="0">
    <pci busid="0000:01:00.0">
      <gpu sm="70">
        <nvlink target="0000:02:00.0" count="2" />
      </gpu>
    </pci>
    <pci busid="0000:02:00.0" class="0x030200" />
  </cpu>
</system>
)";
  EXPECT_EQ(links_of(read(text)).back(), "host0/0000:01:00.0 - host0/0000:02:00.0 nvlink 2 links 50.000/0.000");
  EXPECT_EQ(write(read(text)), text);
}

TEST(NcclXmlWritten, WhatHasChangedIsWritten) {
  const Topology before = read(two_gpus);
  TopologyBuilder builder;
  for (Node node : before.nodes()) {
    if (node.number) ++*node.number;
    if (node.pci) ++node.pci->domain;
    if (node.guid != 0) ++node.guid;
    builder.add(node);
  }
  for (Link link : before.links()) {
    if (link.type == LinkType::c2c) continue;  // taken out
    if (link.type == LinkType::nvlink) ++*link.count;
    if (link.from_port) ++*link.from_port;
    if (link.width == std::uint16_t{8}) link = {.from = link.from, .to = link.to, .type = link.type};
    if (link.lane_gts == Figure(16)) link.lane_gts = 64;
    if (link.declared.latency_us.is_known()) link.declared = both_ways(100, 0.25);
    builder.add(link);
  }
  for (NodeIndex node = 0; node < before.nodes().size(); ++node) {
    for (const Attribute& attribute : before.node_attributes(node)) builder.annotate_node(node, attribute);
  }
  const auto after = std::move(builder).build();
  ASSERT_TRUE(after) << after.error().message;
  const std::string written = write(*after);
  for (const char* text :
       {R"(<cpu numaid="2")", R"(<pci busid="0001:10:00.0")", R"(link_speed="64.0 GT/s PCIe" link_width="16")",
        R"(<gpu dev="1" sm="80" rank="3")", R"(<gpu dev="2" sm="80" rank="7")", R"(dev="3" speed="800000" port="3")",
        R"(guid="0x9a8" latency="0.25" maxconn)", R"(<pci busid="0001:11:00.0" class="0x030200">)",
        R"(target="0001:12:00.0" count="5" tclass="0x030200")",
        R"(target="0001:1a:00.0" count="7" tclass="0x068000")"}) {
    EXPECT_THAT(written, HasSubstr(text));
  }
  EXPECT_THAT(written, Not(HasSubstr("c2c")));
}

TEST(NcclXmlWritten, OfTypedTopologiesIsWhatNcclHasElementsFor) {
  const auto typed = described_topology("2 hosts x (4 gpu nvswitch 450GB/s, 2 nic 50GB/s 1.5us pcie5, 2 numa)");
  ASSERT_TRUE(typed) << typed.error().message;
  const std::string written = write(*typed);
  const Topology topology = read(written);
  EXPECT_EQ(count_of(topology, NodeKind::host), 2);
  EXPECT_EQ(count_of(topology, NodeKind::numa), 4);
  EXPECT_EQ(count_of(topology, NodeKind::gpu), 8);
  EXPECT_EQ(count_of(topology, NodeKind::nic), 4);
  EXPECT_EQ(count_of(topology, LinkType::nvlink), 8);
  EXPECT_EQ(topology.node(0).kind, NodeKind::host);
  EXPECT_NE(topology.node(0).identity, "");
  for (const char* text : {R"(<gpu dev="3" rank="7">)", R"(count="18" tclass="0x068000")",
                           R"(class="0x060400" link_speed="32.0 GT/s PCIe" link_width="16")",
                           R"(<net name="nic1" dev="1" speed="400000" latency="0.75" />)"}) {
    EXPECT_THAT(written, HasSubstr(text));
  }
  EXPECT_EQ(write(topology), written);
}

/// Nodes that NVLinks lead to, as they are written and read again: with the host in front, if they lie in one.
std::set<std::string> nvswitches_read_again(const Topology& topology) {
  const Topology again = read(write(topology));
  std::set<std::string> ends;
  for (const Link& link : again.links())
    if (link.type == LinkType::nvlink) ends.insert(full_name(again.nodes(), link.to));
  EXPECT_EQ(count_of(again, LinkType::nvlink), count_of(topology, LinkType::nvlink));
  EXPECT_EQ(write(again), write(topology));
  return ends;
}

TEST(NcclXmlWritten, HostsThatShareNoNvswitchStayApart) {
  const auto typed = described_topology("2 hosts x (2 gpu nvswitch 450GB/s)");
  ASSERT_TRUE(typed) << typed.error().message;
  EXPECT_THAT(nvswitches_read_again(*typed), ElementsAre("host0/nvswitch0", "host1/nvswitch0"));
}

TEST(NcclXmlWritten, SoDoHostsThatWereReadFromFilesOfTheirOwn) {
  const std::string one(two_trays.substr(0, two_trays.find("<cpu host_hash=\"0xb2\"")));
  const Topology host = read(one + "</system>");
  TopologyBuilder builder(host);
  const NodeIndex other = builder.add(Node{.kind = NodeKind::host, .name = "other", .identity = "0xb2"});
  const NodeIndex gpu = builder.add(Node{.kind = NodeKind::gpu, .parent = other, .name = "gpu0"});
  const NodeIndex its = builder.add(Node{.kind = NodeKind::nvswitch, .parent = other, .name = "nvswitch0"});
  builder.add(Link{.from = gpu, .to = its, .type = LinkType::nvlink, .count = 18});
  const auto both = std::move(builder).build();
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_THAT(nvswitches_read_again(*both), ElementsAre("host0/nvswitch0", "host1/nvswitch0"));
}

TEST(NcclXmlWritten, NvswitchesOfNoAddressStaySeveral) {
  TopologyBuilder builder;
  const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = "a"});
  const NodeIndex gpu = builder.add(Node{.kind = NodeKind::gpu, .parent = host, .name = "gpu0"});
  for (const char* name : {"nvswitch0", "nvswitch1"}) {
    const NodeIndex to = builder.add(Node{.kind = NodeKind::nvswitch, .parent = host, .name = name});
    builder.add(Link{.from = gpu, .to = to, .type = LinkType::nvlink, .count = 9});
  }
  const auto topology = std::move(builder).build();
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_THAT(nvswitches_read_again(*topology), ElementsAre("host0/nvswitch0", "host0/nvswitch1"));
}

TEST(NcclXmlWritten, OfAHostWithoutDomainsHasOneOfNoNumber) {
  TopologyBuilder builder;
  const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = "a"});
  builder.add(Node{.kind = NodeKind::gpu, .parent = host, .name = "g", .model = "<&\">"});
  builder.add(Node{.kind = NodeKind::core, .parent = host, .name = "c"});
  builder.add(Node{.kind = NodeKind::nic, .parent = host, .name = "<n&\">"});
  const auto topology = std::move(builder).build();
  ASSERT_TRUE(topology);
  EXPECT_EQ(write(*topology), R"(<system version="1">
  <cpu numaid="-1">
    <pci busid="ffff:00:00.1" class="0x030200" link_speed="" link_width="0">
      <gpu dev="0" rank="0" />
    </pci>
    <pci busid="ffff:00:00.3" class="0x020000" link_speed="" link_width="0">
      <nic>
        <net name="&lt;n&amp;&quot;>" dev="0" />
      </nic>
    </pci>
  </cpu>
</system>
)");
}

TEST(NcclXmlWritten, AddressesAreMadeUpThatNoDeviceHas) {
  TopologyBuilder builder;
  const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = "a"});
  const NodeIndex domain = builder.add(Node{.kind = NodeKind::numa, .parent = host, .name = "d"});
  builder.add(Node{.kind = NodeKind::gpu, .parent = domain, .name = "g"});
  builder.add(
      Node{.kind = NodeKind::gpu, .parent = domain, .pci = PciAddress{.domain = 0xffff, .function = 2}, .name = "h"});
  const auto topology = std::move(builder).build();
  ASSERT_TRUE(topology);
  const std::string written = write(*topology);
  EXPECT_THAT(written, HasSubstr(R"(<cpu numaid="-1">)"));
  EXPECT_THAT(written, HasSubstr(R"(<pci busid="ffff:00:00.3" class="0x030200")"));
  EXPECT_THAT(written, HasSubstr(R"(<pci busid="ffff:00:00.2" class="0x030200")"));
}

}  // namespace
}  // namespace treering::topology
