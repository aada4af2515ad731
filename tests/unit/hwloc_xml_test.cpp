// Files of hwloc: what becomes of what, in small files that can be checked by hand, and what is refused and where.
#include "topology/hwloc/xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "topology/json.hpp"
#include "topology/names.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Topology read(std::string_view text) {
  auto topology = topology_from_hwloc_xml(text, "file.xml");
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

std::string refusal(std::string_view text, const Limits& limits = {}, const HwlocLimits& hwloc_limits = {}) {
  const auto topology = topology_from_hwloc_xml(text, "f", limits, hwloc_limits);
  EXPECT_FALSE(topology) << text.substr(0, 1000);
  if (topology) return "";
  EXPECT_EQ(topology.error().code, Code::invalid_argument);
  return topology.error().message;
}

std::string document(std::string_view objects, std::string_view version = "2.0") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n<topology version=\"" +
         std::string(version) + "\">\n" + std::string(objects) + "</topology>\n";
}

/// "host/gpu0 gpu in host/bridge1", a line for every node.
std::vector<std::string> nodes_of(const Topology& topology) {
  std::vector<std::string> lines;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    const Node& node = topology.node(i);
    std::string line = node.name + " " + std::string(name_of(node.kind));
    if (node.parent != no_node) line += " in " + topology.node(node.parent).name;
    lines.push_back(line);
  }
  return lines;
}

/// "numa0 bridge1 pcie 15.75/15.75"
std::vector<std::string> links_of(const Topology& topology) {
  std::vector<std::string> lines;
  for (const Link& link : topology.links()) {
    std::string line = topology.node(link.from).name + " " + topology.node(link.to).name + " ";
    line += name_of(link.type);
    const Capacity& declared = link.declared;
    const auto shown = [](Figure figure) {
      return figure.is_known() ? testing::PrintToString(figure.value()) : std::string("?");
    };
    if (declared.forward_gbs.is_known()) line += " " + shown(declared.forward_gbs) + "/" + shown(declared.back_gbs);
    lines.push_back(line);
  }
  return lines;
}

constexpr std::string_view machine = R"(<object type="Machine" gp_index="1">
  <info name="HostName" value="lassen7"/>
  <info name="DMIProductName" value="DGX-2H"/>
  <object type="Package" os_index="8" gp_index="2">
    <info name="CPUModel" value="POWER9"/>
    <object type="NUMANode" os_index="3" gp_index="3" local_memory="17"><page_type size="65536" count="2"/></object>
    <object type="L3Cache" gp_index="4" depth="3" cache_type="0">
      <object type="Core" os_index="5" gp_index="5">
        <object type="PU" os_index="20" gp_index="6"/>
        <object type="PU" os_index="21" gp_index="7"/>
      </object>
    </object>
    <object type="Bridge" gp_index="8" bridge_type="0-1" depth="0" bridge_pci="0004:[00-0a]">
      <object type="Bridge" gp_index="9" bridge_type="1-1" pci_busid="0004:00:00.0"
          pci_type="0604 [1014:04c1] [0000:0000] 00" pci_link_speed="3.938462">
        <object type="Bridge" gp_index="10" bridge_type="1-1" pci_busid="0004:01:00.0" pci_link_speed="3.938462">
          <object type="Bridge" gp_index="11" bridge_type="1-1" pci_busid="0004:02:00.0" pci_link_speed="0.000000">
            <object type="PCIDev" gp_index="12" pci_busid="0004:03:00.0"
          pci_type="0302 [10de:1db1] [10de:1212] a1" pci_link_speed="15.753846">
              <info name="PCIDevice" value="GV100GL"/>
              <object type="OSDev" gp_index="13" name="cuda1" subtype="CUDA" osdev_type="5"/>
              <object type="OSDev" gp_index="14" name="nvml4" osdev_type="5">
                <info name="GPUModel" value="Tesla V100"/>
                <info name="NVIDIAUUID" value="GPU-66"/>
              </object>
            </object>
          </object>
          <object type="Bridge" gp_index="15" bridge_type="1-1" pci_busid="0004:02:01.0">
            <object type="PCIDev" gp_index="16" pci_busid="0004:04:00.1"
          pci_type="0207 [15b3:1019] [1014:0617] 00" pci_link_speed="15.75">
              <object type="OSDev" gp_index="17" name="hsi1" osdev_type="2">
                <info name="Address" value="00:11"/>
              </object>
              <object type="OSDev" gp_index="18" name="mlx5_1" osdev_type="3">
                <info name="NodeGUID" value="506b:4b03:003c:eee9"/>
              </object>
            </object>
          </object>
        </object>
      </object>
    </object>
  </object>
</object>
)";

TEST(HwlocXml, ObjectsAreNodes) {
  const Topology topology = read(document(machine));
  EXPECT_THAT(
      nodes_of(topology),
      ElementsAre("lassen7 host", "package0 package in lassen7", "numa3 numa in package0", "l3cache0 cache in package0",
                  "core0 core in l3cache0", "thread20 thread in core0", "thread21 thread in core0",
                  "hostbridge0 pci-bridge in package0", "bridge0 pci-bridge in hostbridge0",
                  "bridge1 pci-switch in bridge0", "bridge2 pci-bridge in bridge1", "gpu0 gpu in bridge2",
                  "cuda1 other in gpu0", "nvml4 other in gpu0", "bridge3 pci-bridge in bridge1", "nic0 nic in bridge3",
                  "hsi1 port in nic0", "mlx5_1 other in nic0"));
}

TEST(HwlocXml, NodesSayWhatTheyAre) {
  const Topology topology = read(document(machine));
  EXPECT_EQ(topology.node(0), (Node{.kind = NodeKind::host, .name = "lassen7", .model = "DGX-2H"}));
  EXPECT_EQ(topology.node(1),
            (Node{.kind = NodeKind::package, .parent = 0, .number = 8, .name = "package0", .model = "POWER9"}));
  EXPECT_EQ(topology.node(11), (Node{.kind = NodeKind::gpu,
                                     .parent = 10,
                                     .number = 4,
                                     .pci = PciAddress{.domain = 4, .bus = 3},
                                     .name = "gpu0",
                                     .identity = "GPU-66",
                                     .model = "Tesla V100"}));
  EXPECT_EQ(topology.node(15), (Node{.kind = NodeKind::nic,
                                     .parent = 14,
                                     .pci = PciAddress{.domain = 4, .bus = 4, .function = 1},
                                     .guid = 0x506b4b03003ceee9,
                                     .name = "nic0"}));
  EXPECT_EQ(topology.node(16).identity, "00:11");
}

TEST(HwlocXml, LinksAreThoseOfMemoryCoresAndPci) {
  EXPECT_THAT(
      links_of(read(document(machine))),
      ElementsAre("numa3 core0 memory", "numa3 hostbridge0 memory", "hostbridge0 bridge0 pcie 3.93846/3.93846",
                  "bridge0 bridge1 pcie 3.93846/3.93846", "bridge1 bridge2 pcie", "bridge2 gpu0 pcie 15.7538/15.7538",
                  "bridge1 bridge3 pcie", "bridge3 nic0 pcie 15.75/15.75"));
}

TEST(HwlocXml, WhatHasNoMemberIsKept) {
  const Topology topology =
      read(document(std::string(machine) + "<cpukind cpuset=\"0x3\"><info name=\"a\" value=\"b\"/></cpukind>\n"));
  const auto kept = [](AttributeRange attributes) {
    std::vector<std::string> lines;
    for (const Attribute& a : attributes) {
      lines.push_back(std::string(a.origin) + " " + std::string(a.name) + " " + std::string(a.value));
    }
    return lines;
  };
  EXPECT_THAT(kept(topology.attributes()),
              ElementsAre("hwloc.topology version 2.0",
                          "hwloc.element cpukind <cpukind cpuset=\"0x3\"><info name=\"a\" value=\"b\"/></cpukind>"));
  EXPECT_THAT(
      kept(topology.node_attributes(2)),
      ElementsAre("hwloc.object type NUMANode", "hwloc.object os_index 3", "hwloc.object gp_index 3",
                  "hwloc.object local_memory 17", "hwloc.element page_type <page_type size=\"65536\" count=\"2\"/>"));
  EXPECT_THAT(kept(topology.node_attributes(13)), ::testing::Contains("hwloc.info GPUModel Tesla V100"));
  const auto again = topology_from_json(json_of(topology), "f");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, topology);
}

TEST(HwlocXml, OfVersion1HasSocketsCachesAndMemoryAroundCores) {
  const Topology topology = read(R"(<?xml version="1.0"?>
<topology>
  <object type="Machine" os_index="0">
    <distances nbobjs="2" relative_depth="1" latency_base="10.0"><latency value="1.0"/></distances>
    <object type="NUMANode" os_index="0">
      <object type="Socket" os_index="0">
        <object type="Cache" depth="2" cache_type="0"><object type="Cache" depth="1" cache_type="2">
          <object type="Core" os_index="0"><object type="PU" os_index="0"/></object>
        </object></object>
      </object>
    </object>
    <object type="NUMANode" os_index="1">
      <object type="Bridge" bridge_type="0-1"><object type="PCIDev" pci_busid="0000:01:00.0"
          pci_type="0200 [8086:1521] [0000:0000] 01" pci_link_speed="0.5"/></object>
    </object>
  </object>
</topology>)");
  EXPECT_THAT(
      nodes_of(topology),
      ElementsAre("host0 host", "numa0 numa in host0", "package0 package in numa0", "l2cache0 cache in package0",
                  "l1icache0 cache in l2cache0", "core0 core in l1icache0", "thread0 thread in core0",
                  "numa1 numa in host0", "hostbridge0 pci-bridge in numa1", "nic0 nic in hostbridge0"));
  EXPECT_THAT(links_of(topology), ElementsAre("numa0 numa1 memory", "numa0 core0 memory", "numa1 hostbridge0 memory",
                                              "hostbridge0 nic0 pcie 0.5/0.5"));
}

TEST(HwlocXml, ABridgeIsASwitchWhereTwoLieBelowIt) {
  const auto kind_of_middle = [](std::string_view below) {
    const std::string bridge = R"(<object type="Bridge" bridge_type="1-1" pci_busid="0000:00:01.0">)";
    return read(document("<object type=\"Machine\">" + bridge + bridge + std::string(below) +
                         "</object></object></object>"))
        .node(2)
        .kind;
  };
  const std::string below = R"(<object type="Bridge" bridge_type="1-1"/>)";
  EXPECT_EQ(kind_of_middle(below), NodeKind::pci_bridge);
  EXPECT_EQ(kind_of_middle(below + R"(<object type="PCIDev"/>)"), NodeKind::pci_bridge);
  EXPECT_EQ(kind_of_middle(below + below), NodeKind::pci_switch);
}

TEST(HwlocXml, WithoutMemoryTheHostStandsForIt) {
  const Topology topology =
      read(R"(<topology><object type="Machine"><object type="PU" os_index="4"/></object></topology>)");
  EXPECT_THAT(links_of(topology), ElementsAre("host0 thread4 memory"));
}

TEST(HwlocXml, BusesOfUnknownPlaceReachAllMemory) {
  const Topology topology = read(document(R"(<object type="Machine">
    <object type="Package"><object type="NUMANode" os_index="0"/></object>
    <object type="Package"><object type="NUMANode" os_index="1"/></object>
    <object type="Bridge" bridge_type="0-1"/>
    <object type="OSDev" name="eth3" osdev_type="2"/>
    <object type="OSDev" name="dm/0" osdev_type="0"/></object>)"));
  EXPECT_THAT(links_of(topology), ElementsAre("numa0 numa1 memory", "numa0 hostbridge0 memory",
                                              "numa1 hostbridge0 memory", "numa0 eth3 pcie", "numa1 eth3 pcie"));
  EXPECT_EQ(topology.nodes().back().name, "dm!0");
}

TEST(HwlocXml, NamesThatAreTakenGetANumber) {
  const Topology topology = read(document(R"(<object type="Machine">
    <object type="OSDev" name="nic0" osdev_type="2"/><object type="OSDev" name="sda" osdev_type="0"/>
    <object type="OSDev" name="sda" osdev_type="0"/>
    <object type="PCIDev" pci_busid="0000:01:00.0" pci_type="0200 [8086:1521] [0000:0000] 01"/></object>)"));
  EXPECT_THAT(nodes_of(topology), ElementsAre("host0 host", "nic0 nic in host0", "sda other in host0",
                                              "sda-0 other in host0", "nic1 nic in host0"));
}

TEST(HwlocXml, ClassAndMakerTellWhatAPciDeviceIs) {
  const std::vector<std::pair<std::string, NodeKind>> devices{
      {R"(pci_type="0300 [10de:1db1] [0000:0000] 00")", NodeKind::gpu},
      {R"(pci_type="0300 [1a03:2000] [0000:0000] 00")", NodeKind::pci_device},  // display of a management controller
      {R"(pci_type="0380 [1002:7408] [0000:0000] 00")", NodeKind::gpu},
      {R"(pci_type="1200 [8086:0bd5] [0000:0000] 00")", NodeKind::gpu},
      {R"(pci_type="0680 [10de:1ac2] [0000:0000] 00")", NodeKind::nvswitch},
      {R"(pci_type="0000 [0000:0000] [0000:0000] 00" subtype="NVSwitch")", NodeKind::nvswitch},
      {R"(pci_type="0680 [8086:1ac2] [0000:0000] 00")", NodeKind::pci_device},
      {R"(pci_type="0208 [8086:1521] [0000:0000] 00")", NodeKind::nic},
      {R"(pci_type="0108 [144d:a822] [0000:0000] 00")", NodeKind::pci_device},
      {R"(pci_type="03")", NodeKind::pci_device},
      {"", NodeKind::pci_device}};
  for (const auto& [attribute, kind] : devices) {
    const Topology topology = read(document(
        R"(<object type="Machine"><object type="PCIDev" pci_busid="0000:01:00.0" )" + attribute + "/></object>"));
    EXPECT_EQ(topology.nodes().back().kind, kind) << attribute;
  }
}

/// Two GPUs, an NVSwitch, and their matrix; `matrix` is put in place of it.
std::string gpus(std::string_view matrix) {
  return document(R"(<object type="Machine">
<object type="PCIDev" gp_index="5" pci_busid="0000:01:00.0" pci_type="0302 [10de:1db1] [0000:0000] 00">
<object type="OSDev" gp_index="6" name="nvml0" osdev_type="5"/></object>
<object type="PCIDev" gp_index="7" pci_busid="0000:02:00.0" pci_type="0302 [10de:1db1] [0000:0000] 00">
<object type="OSDev" gp_index="8" name="nvml1" osdev_type="5"/></object>
<object type="PCIDev" gp_index="9" pci_busid="0000:03:00.0" pci_type="0680 [10de:1ac2] [0000:0000] 00"/>
</object>
)" + std::string(matrix));
}

TEST(HwlocXml, MatricesOfBandwidthAreLinks) {
  const auto gpu_links = [](const Topology& topology) {
    std::vector<std::string> links = links_of(topology);
    std::erase_if(links, [](const std::string& link) { return link.find(" pcie") != std::string::npos; });
    return links;
  };
  EXPECT_THAT(gpu_links(read(gpus(R"(<distances2hetero nbobjs="3" kind="25" name="NVLinkBandwidth">
    <indexes length="12">OSDev:6 OSDev:8 </indexes><indexes length="7">PCIDev:9</indexes>
    <u64values length="9">900 50000 25000 </u64values><u64values length="9">40000 900 0 </u64values>
    <u64values length="9">0 0 0 </u64values></distances2hetero>)"))),
              ElementsAre("gpu0 gpu1 nvlink 50/40", "gpu0 nvswitch0 nvlink 25/25"));
  EXPECT_THAT(gpu_links(read(gpus(R"(<distances2 type="OSDev" nbobjs="2" kind="9" name="XGMIBandwidth" indexing="gp">
    <indexes length="4">8 6 </indexes><u64values length="9">0 100000 110000 0</u64values></distances2>)"))),
              ElementsAre("gpu1 gpu0 xgmi 100/110"));
  EXPECT_THAT(gpu_links(read(gpus(R"(<distances2 type="OSDev" nbobjs="2" kind="5" name="XGMIHops" indexing="gp">
    <indexes length="4">8 6 </indexes><u64values length="9">0 1 1 0</u64values></distances2>)"))),
              ElementsAre());
}

TEST(HwlocXml, RefusesMatricesThatContradictThemselves) {
  const auto matrix = [](std::string_view count, std::string_view indexes, std::string_view values) {
    return gpus("<distances2 nbobjs=\"" + std::string(count) + "\" name=\"NVLinkBandwidth\"><indexes>" +
                std::string(indexes) + "</indexes><u64values>" + std::string(values) + "</u64values></distances2>");
  };
  EXPECT_EQ(refusal(matrix("2", "6", "0 1 1 0")),
            "f:11: distances of 2 objects name 1 (each has an index) export them again");
  EXPECT_EQ(refusal(matrix("2", "6 8 9", "0 1 1 0")),
            "f:11: distances of 2 objects name more (each has an index) export them again");
  EXPECT_EQ(refusal(matrix("2", "6 x8", "0 1 1 0")),
            "f:11: distances are of object 'x8' (there is none with that gp_index) export them again");
  EXPECT_EQ(refusal(matrix("2", "6 88", "0 1 1 0")),
            "f:11: distances are of object '88' (there is none with that gp_index) export them again");
  EXPECT_EQ(refusal(matrix("2", "6 8", "0 1 1")),
            "f:11: distances of 2 objects have 3 values (not one for each two) export them again");
  EXPECT_EQ(refusal(matrix("2", "6 8", "0 1 1 0 0")),
            "f:11: distances of 2 objects have more values (not one for each two) export them again");
  EXPECT_EQ(refusal(matrix("2", "6 8", "0 1 -1 0")), "f:11: a distance is '-1' (that is no whole number) correct it");
  EXPECT_EQ(refusal(matrix("4097", "6 8", "0 1 1 0")),
            "f:11: distances are of '4097' objects (that is no number up to 4096) correct nbobjs");
  EXPECT_EQ(refusal(matrix("", "6 8", "0 1 1 0")),
            "f:11: distances are of '' objects (that is no number up to 4096) correct nbobjs");
}

TEST(HwlocXml, RefusesWithFileAndLine) {
  const std::string again = "export it again: lstopo --export-xml-flags v2 FILE.xml";
  const std::vector<std::pair<std::string, std::string>> texts{
      {"", "f:1: this is no XML (No document element found) correct it"},
      {"no xml", "f:1: this is no XML (No document element found) correct it"},
      {"<topology>\n<object></topology>", "f:2: this is no XML (Start-end tags mismatch) correct it"},
      {"<topology>\n<object type=\"Mach", "f:2: this is no XML (Error parsing element attribute) correct it"},
      {"\n<system version=\"1\"/>", "f:2: this is a <system> (hwloc's files hold a <topology>) read another file"},
      {document("", "3.0"), "f:3: this is hwloc's format 3.0 (formats 1 and 2 are read) " + again},
      {document("", "0"), "f:3: this is hwloc's format 0 (formats 1 and 2 are read) " + again},
      {document("", "2x"), "f:3: this is hwloc's format 2x (formats 1 and 2 are read) " + again},
      {document("", ""), "f:3: this is hwloc's format  (formats 1 and 2 are read) " + again},
      {document(""), "f:3: there is no <object> (a topology has a machine at least) export it again: lstopo FILE.xml"},
      {document("<object type=\"Machine\">\n<object type=\"Machine\"/></object>"),
       "f:5: host 'host0' lies in host 'host0' (a host is one operating system) put hosts beside each other"},
      {document("<object type=\"Machine\">\n<object type=\"OSDev\" name=\"a&#9;b\"/></object>"),
       "f:5: node 1 has the name 'a?b' (names are UTF-8 of 1 to 256 bytes without '/' and control characters) choose "
       "another"},
      {document("<object type=\"Machine\">\n<info name=\"x\" value=\"\xff\"/></object>"),
       "f:4: the attribute 'x' holds '?' (attributes are UTF-8 of up to 1048576 bytes) shorten it"}};
  for (const auto& [text, message] : texts) EXPECT_EQ(refusal(text), message) << text;
}

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "<object type=\"Group\">";
  for (int i = 0; i < depth; ++i) text += "</object>";
  return document(text);
}

TEST(HwlocXml, IsBounded) {
  const std::string bounded = " (files are bounded) leave out what does not matter";
  EXPECT_EQ(refusal(document(machine), {}, {.file_bytes = 100}), "f: there are more than 100 bytes" + bounded);
  EXPECT_EQ(refusal(document(machine), {}, {.elements = 20}), "f: there are more than 20 elements" + bounded);
  EXPECT_EQ(refusal(document(machine), {}, {.attributes = 30}), "f: there are more than 30 attributes" + bounded);
  EXPECT_THAT(refusal(document(machine), {.nodes = 10}), HasSubstr("f:20: there are more than 10 nodes"));
  EXPECT_THAT(refusal(document(machine), {.links = 3}), HasSubstr("f: there are more than 3 links"));
  EXPECT_THAT(refusal(document(machine), {}, {.links = 5}), HasSubstr("f: there are more than 5 links"));
  EXPECT_EQ(read(nested(64)).nodes().size(), 64u);
  EXPECT_EQ(refusal(nested(65)),
            "f:4: objects lie more than 64 deep (nodes in nodes are bounded) leave out some that this lies in");
  EXPECT_THAT(refusal(nested(200'000)), HasSubstr("f:4: objects lie more than 64 deep"));
}

TEST(HwlocXml, CutAnywhereIsRefusedOrReadButNothingElse) {
  const std::string whole = document(machine);
  for (std::size_t length = 0; length < whole.size() - 12; ++length) {
    ASSERT_FALSE(topology_from_hwloc_xml(std::string_view(whole).substr(0, length), "f")) << length;
  }
}

}  // namespace
}  // namespace treering::topology
