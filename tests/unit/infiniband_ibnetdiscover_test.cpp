// What becomes of the output of ibnetdiscover, in either format.
#include "topology/infiniband/ibnetdiscover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "infiniband_text.hpp"
#include "topology/file.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;

Topology read(std::string_view text) {
  auto topology = topology_from_ibnetdiscover(text, "f");
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

std::vector<std::string> attributes_of(const Topology& topology, std::string_view full_name) {
  std::vector<std::string> texts;
  const NodeIndex node = NameIndex(topology.nodes()).find(topology.nodes(), full_name);
  for (const auto [origin, name, value] : topology.node_attributes(node)) {
    texts.push_back(fmt::format("{} {} {}", origin, name, value));
  }
  return texts;
}

constexpr std::string_view expected_links =
    "gate[2] spine[9] 12 x 10: 12\n"
    "leaf[14] spine[4] 4 x 53.125: 25\n"
    "leaf[15] spine[5] 2 x 106.25: 25\n"
    "leaf[1] node1/HCA-1[1] 4 x 25.78125: 12.5\n"
    "leaf[2] node1/HCA-1[2] 4 x 14.0625: 6.818181818181818\n"
    "leaf[3] node2/mlx5_0[1] 1 x 2.5: 0.25\n";

TEST(Ibnetdiscover, IsReadDeviceByDevice) {
  const Topology topology = read(device_format);
  EXPECT_EQ(nodes_text(topology),
            "host node1\n"
            "host node2\n"
            "network-switch gate 0x5ad0000000030\n"
            "network-switch leaf 0x8f10500000001\n"
            "network-switch spine 0x8f10500000002\n"
            "nic node1/HCA-1 0x2c90300000010\n"
            "nic node2/mlx5_0 0x2c90300000020\n");
  EXPECT_EQ(links_text(topology), expected_links);
  EXPECT_THAT(attributes_of(topology, "node1/HCA-1"),
              ElementsAre("infiniband.port_guid 1 0x0002c90300000011", "infiniband.port_guid 2 0x0002c90300000012",
                          "infiniband.lid 1 3", "infiniband.lid 2 4"));
  EXPECT_THAT(attributes_of(topology, "node2/mlx5_0"),
              ElementsAre("infiniband system 0x0002c90300000023", "infiniband.port_guid 1 0x0002c90300000021",
                          "infiniband.lid 1 5"));
  EXPECT_THAT(attributes_of(topology, "spine"),
              ElementsAre("infiniband system 0x0008f10500000009", "infiniband.lid 0 7"));
  EXPECT_THAT(attributes_of(topology, "gate"),
              ElementsAre("infiniband role router", "infiniband.port_guid 2 0x0005ad0000000032", "infiniband.lid 2 9"));
}

TEST(Ibnetdiscover, IsReadPortByPort) {
  const Topology topology = read(port_format);
  EXPECT_EQ(nodes_text(topology),  // ports alone are said to have GUIDs: adapters and routers have their first port's
            "host node1\n"
            "host node2\n"
            "network-switch gate 0x5ad0000000032\n"
            "network-switch leaf 0x8f10500000001\n"
            "network-switch spine 0x8f10500000002\n"
            "nic node1/HCA-1 0x2c90300000011\n"
            "nic node2/mlx5_0 0x2c90300000021\n");
  EXPECT_EQ(links_text(topology), expected_links);
  EXPECT_THAT(attributes_of(topology, "node1/HCA-1"),
              ElementsAre("infiniband.port_guid 2 0x0002c90300000012", "infiniband.port_guid 1 0x0002c90300000011",
                          "infiniband.lid 2 4", "infiniband.lid 1 3"));
  EXPECT_THAT(attributes_of(topology, "leaf"), ElementsAre("infiniband.lid 0 1"));
}

std::vector<std::string> pieces(std::string_view text, std::string_view separator) {
  std::vector<std::string> pieces;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find(separator);
    pieces.emplace_back(text.substr(0, end));
    if (end != std::string_view::npos) text.remove_prefix(end + separator.size());
  }
  return pieces;
}

TEST(Ibnetdiscover, MayHaveItsDevicesInAnyOrder) {
  std::vector<std::string> blocks = pieces(device_format, "\n\n");
  const Topology expected = read(device_format);
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    std::shuffle(blocks.begin(), blocks.end(), random);
    const Topology topology = read(fmt::format("{}", fmt::join(blocks, "\n\n")));
    ASSERT_EQ(nodes_text(topology), nodes_text(expected));
    ASSERT_EQ(links_text(topology), links_text(expected));
  }
}

/// The lines that hold none of these.
std::string without(std::string_view text, const std::vector<std::string_view>& some) {
  std::string kept;
  for (const std::string& line : pieces(text, "\n")) {
    const auto holds = [&](std::string_view part) { return line.find(part) != std::string::npos; };
    if (std::none_of(some.begin(), some.end(), holds)) kept += line + '\n';
  }
  return kept;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(Ibnetdiscover, MayTellOfACableFromEitherEnd) {
  const std::string texts[] = {
      without(device_format, {"\t\"S-"}),  // all but switches
      without(device_format, {"Ca\t", "Rt\t", ") \t\"S-", "[14]\t\"S", "[15]\t\"S"}),
      without(port_format, {" - CA ", " - RT ", "4x HDR - SW     7", "2x NDR - SW     7"}),
  };
  EXPECT_EQ(links_text(read(texts[1])), expected_links);
  EXPECT_EQ(nodes_text(read(texts[1])), nodes_text(read(device_format)));
  EXPECT_EQ(links_text(read(texts[2])), expected_links);
  EXPECT_EQ(nodes_text(read(texts[2])), nodes_text(read(port_format)));
  EXPECT_EQ(read(texts[0]).links().size(), 4);  // those of adapters and routers, as switches tell of them
}

TEST(Ibnetdiscover, MayRepeatDevicesAndHaveHeadingsOptionsAndOtherEndsOfLines) {
  std::string text(device_format);
  text = "ibwarn: [8801] something\nChassis 1 (guid 0x8f10500000009)\nHostname: x\n# Spine Nodes" + text +
         "\nNon-Chassis Nodes\n" + text;
  text = replaced(text, "\n[4]\t", "\n[4][ext 17]\t");
  text = replaced(text, "[14]\t\t#", "[14][ext 3]\t\t#");
  text = replaced(text, "DR\n", "DR s=1 w=2 v=4\n");
  EXPECT_EQ(links_text(read(text)), expected_links);
  EXPECT_EQ(nodes_text(read(text)), nodes_text(read(device_format)));
  for (const std::string_view format : {device_format, port_format}) {
    EXPECT_EQ(links_text(read(replaced(std::string(format), "\n", "\r\n"))), expected_links);
  }
}

TEST(Ibnetdiscover, MayNotKnowWidthsAndSpeeds) {
  const std::string text =
      "Switch 8 \"S-a\" # \"s\" base port 0 lid 1 lmc 0\n"
      "[1] \"H-b\"[1](b1) # \"h HCA-1\" lid 2 4x???\n"
      "[2] \"H-b\"[2](b2) # \"h HCA-1\" lid 2 ??HDR\n"
      "[3] \"H-c\"[1](c1) # \"i HCA-1\" lid 3 8xZDR\n"  // one that is yet to come
      "[4] \"H-c\"[2]\n"
      "Ca 2 \"H-b\" # \"h HCA-1\"\n"
      "[1](b1) \"S-a\"[1] # lid 2 lmc 0 \"s\" lid 1 4xQDR\n"  // the older speed of two that are told
      "[2](b2) \"S-a\"[2] # lid 2 lmc 0 \"s\" lid 1 4x???\n"
      "[3](b3) \"H-b\"[4](b4) # lid 2 lmc 0 \"h HCA-1\" lid 2 4xQDR\n"  // no link: it leads nowhere
      "[5](b5) \"H-b\"[5](b5) # lid 2 lmc 0 \"h HCA-1\" lid 2 4xQDR\n"
      "[6](b6) \"S-a\"[6] # lid 2 lmc 0 \"s\" lid 1 2xEDR\n"
      "Switch 8 \"S-a\" # \"s\" base port 0 lid 1 lmc 0\n"
      "[6] \"H-b\"[6](b6) # \"h HCA-1\" lid 2 ?????\n";  // as it was: what one end does not know, the other may
  EXPECT_EQ(links_text(read(text)),
            "h/HCA-1[1] s[1] 4 x 10: 4\n"
            "h/HCA-1[2] s[2] 4 x 53.125: 25\n"
            "h/HCA-1[6] s[6] 2 x 25.78125: 6.25\n"
            "i/HCA-1[1] s[3] 8 x 0: 0\n"
            "i/HCA-1[2] s[4] 0 x 0: 0\n");
}

TEST(Ibnetdiscover, IsPutTogetherFromWhatEitherEndSays) {
  const Topology topology = read(
      "Switch 8 \"S-a\" # \"s\"\n"
      "[1] \"H-b\"[1](b1)\n"                        // a GUID alone
      "[2] \"H-b\"[2] # \"h HCA-1\" lid 5 4xQDR\n"  // a local identifier alone
      "[3] \"H-b\"[3]\n"                            // neither
      "Ca 2 \"H-b\" # \"h HCA-1\"\n"
      "[1](b1) \"S-a\"[1] # lid 4 lmc 0 \"s\" lid 1 4xQDR\n"
      "[2](b2) \"S-a\"[2] # lid 5 lmc 0 \"s\" lid 1 4xQDR\n"
      "[3](b3) \"S-a\"[3] # lid 6 lmc 0 \"s\" lid 1 4xQDR\n");
  EXPECT_THAT(attributes_of(topology, "h/HCA-1"),
              ElementsAre("infiniband.port_guid 1 0x00000000000000b1", "infiniband.port_guid 2 0x00000000000000b2",
                          "infiniband.port_guid 3 0x00000000000000b3", "infiniband.lid 1 4", "infiniband.lid 2 5",
                          "infiniband.lid 3 6"));
  EXPECT_THAT(attributes_of(topology, "s"), ElementsAre("infiniband.lid 0 1"));
}

TEST(Ibnetdiscover, GivesASystemToItsDeviceAlone) {
  const Topology topology = read("sysimgguid=0xff\nSwitch 8 \"S-a\" # \"s\"\n\nSwitch 8 \"S-b\" # \"t\"\n");
  EXPECT_THAT(attributes_of(topology, "s"), ElementsAre("infiniband system 0x00000000000000ff"));
  EXPECT_THAT(attributes_of(topology, "t"), ElementsAre());
}

TEST(Ibnetdiscover, KeepsDescriptionsThatNamesDifferFrom) {
  const Topology topology = read(
      "Switch 8 \"S-a\" # \"leaf\"\nSwitch 8 \"S-b\" # \"leaf\"\nSwitch 8 \"S-c\" # \"spine\"\nCa 1 \"H-d\" # \"h\"\n");
  EXPECT_THAT(attributes_of(topology, "leaf (0x000000000000000b)"), ElementsAre("infiniband description leaf"));
  EXPECT_THAT(attributes_of(topology, "spine"), ElementsAre());
  EXPECT_THAT(attributes_of(topology, "h/nic"), ElementsAre());
}

TEST(Ibnetdiscover, TakesTheNewerOfTwoSpeeds) {
  for (const char* const speeds : {"4xQDR 4xFDR", "4xFDR 4xQDR"}) {
    const std::vector<std::string> two = pieces(speeds, " ");
    const Topology topology =
        read("Switch 8 \"S-a\" # \"s\" base port 0 lid 1 lmc 0\n[1] \"H-b\"[1](b1) # \"h HCA-1\" lid 2 " + two[0] +
             "\nCa 2 \"H-b\" # \"h HCA-1\"\n[1](b1) \"S-a\"[1] # lid 2 lmc 0 \"s\" lid 1 " + two[1] + "\n");
    EXPECT_EQ(links_text(topology), "h/HCA-1[1] s[1] 4 x 14.0625: 6.818181818181818\n");
  }
}

TEST(Ibnetdiscover, OfRealFabricsIsRead) {
  const std::filesystem::path folder = TREERING_FABRICS;
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there is no " << folder << " (fabrics that this reads)";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    SCOPED_TRACE(entry.path());
    const auto text = file_bytes(entry.path());
    ASSERT_TRUE(text);
    const Topology topology = read(*text);
    int ends = 0, adapters = 0;
    for (const std::string& line : pieces(*text, "\n")) {
      if (line.starts_with("CA ")) ++adapters;
      if (line.starts_with("CA ") || line.starts_with("SW ")) ends += line.find(" - ") != std::string::npos;
    }
    EXPECT_EQ(topology.links().size() * 2, ends);
    const auto count = [&](NodeKind kind) {
      return std::count_if(topology.nodes().begin(), topology.nodes().end(),
                           [&](const Node& node) { return node.kind == kind; });
    };
    EXPECT_EQ(count(NodeKind::nic), adapters);  // each has one port in these
    EXPECT_EQ(count(NodeKind::host), adapters);
    EXPECT_GE(count(NodeKind::network_switch), 9);
    ++files;
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace treering::topology
