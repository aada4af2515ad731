// Topologies as pictures: what lies where, and what the files say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "tools/topo/picture.hpp"
#include "topo_layouts.hpp"
#include "topo_samples.hpp"

namespace treering::topo {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* typed_topologies[] = {
    "2 hosts x (2 numa 40GB/s, 8 gpu nvswitch 450GB/s, 8 nic 50GB/s pcie5)",
    "1 host x (2 numa, 8 gpu nvlink 25GB/s, 4 nic, 32 cores)",
    "40 hosts on rails x (2 gpu, 2 nic)",
    "torus 3x4x5 50GB/s",
    "torus 7",
    "torus 3x3 x (2 gpu, 4 nic)",
    "fat-tree 64 hosts, 3 levels",
    "dragonfly 4 groups of 3 routers of 2 hosts 25GB/s",
};

std::string svg_of(const Topology& topology) {
  const auto text = svg_text(topology);
  EXPECT_TRUE(text) << text.error().message;
  return text ? *text : "";
}

std::size_t count(const std::string& text, const std::string& expression) {
  const std::regex regex(expression);
  return static_cast<std::size_t>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

TEST(TopoLayout, NothingLiesOnAnythingElseAndPartsLieInTheirBox) {
  for (const char* text : typed_topologies) expect_sound_layout(typed(text), text);
}

TEST(TopoLayout, NicsLieAboveTheirSwitchAndGpusBelow) {
  const Topology host = typed("1 host x (2 gpu nvswitch, 2 nic)");
  const Layout layout(host);
  const auto y = [&](const char* name) { return layout.place(node(host, name)).y; };
  EXPECT_LT(y("network"), y("host0"));
  EXPECT_LT(y("host0/nic1"), y("host0/pci1"));
  EXPECT_LT(y("host0/pci1"), y("host0/gpu1"));
  EXPECT_LT(y("host0/gpu1"), y("host0/nvswitch"));
}

TEST(TopoLayout, NodesThatNothingLeadsToAreLeftOut) {
  TopologyBuilder builder(typed("1 host x (1 gpu)"));
  builder.add(Node{.kind = NodeKind::cache, .parent = builder.find("host0/numa0"), .name = "l3"});
  const Topology host = built(std::move(builder));
  EXPECT_EQ(Shape::none, Layout(host).shape(node(host, "host0/l3")));
  EXPECT_THAT(svg_of(host), Not(HasSubstr("l3")));
}

TEST(TopoSvg, ShowsEveryNodeAndLinkOnce) {
  for (const char* text : typed_topologies) {
    const Topology topology = typed(text);
    const std::string svg = svg_of(topology);
    const std::size_t cores =
        static_cast<std::size_t>(std::ranges::count(topology.nodes(), NodeKind::core, &Node::kind));
    EXPECT_EQ(topology.nodes().size(), count(svg, "<rect x=")) << text;
    EXPECT_EQ(topology.links().size() - cores, count(svg, "<path [^>]*><title>")) << text;
  }
}

TEST(TopoSvg, AWiderLinkIsDrawnWiderAndAnUnknownOneDashed) {
  Topology hosts = typed("3 hosts 3GB/s");
  measure(hosts, "host1", "network", 255, 127);
  const std::string svg = svg_of(hosts);
  EXPECT_THAT(svg, HasSubstr("stroke-width=\"2.0\"><title>network link host0 - network, 3 GB/s"));
  EXPECT_THAT(svg, HasSubstr("stroke-width=\"5.0\"><title>network link host1 - network, 255/127 GB/s"));
  EXPECT_THAT(svg, HasSubstr("network, 3 GB/s: 2 links</text>"));
  EXPECT_THAT(svg_of(typed("3 hosts")),
              HasSubstr("stroke-dasharray=\"3 3\"><title>network link host0 - network, ? GB/s"));
}

TEST(TopoSvg, OnlyTheEndsOfLinksRoundATorusAreDrawn) {
  EXPECT_EQ(2u * 4, count(svg_of(typed("torus 4x4")), "<path d=\"M[^M\"]*M[^M\"]*\" [^>]*><title>"));
  EXPECT_THAT(svg_of(typed("torus 4x4")), HasSubstr("short ends"));
  EXPECT_THAT(svg_of(typed("4 hosts")), Not(HasSubstr("short ends")));
}

/// An XML parser's opinion.
bool is_xml(const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() / ("treering-topo-" + std::to_string(getpid()) + ".svg");
  std::ofstream(path) << text;
  const std::string check = "python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' ";
  const int status = std::system((check + path.string() + " 2>/dev/null").c_str());
  std::filesystem::remove(path);
  return status == 0;
}

TEST(TopoSvg, IsXmlWhateverTheNames) {
  TopologyBuilder builder;
  builder.add(Node{.kind = NodeKind::host, .name = "a<b>&\"'", .model = "</svg>&"});
  builder.add(Node{.kind = NodeKind::host, .name = "a name that is far too long for a box of ä"});
  builder.add(Node{.kind = NodeKind::host, .name = "23 bytes and an umlautä too"});
  builder.add(Link{.from = 0, .to = 1});
  const std::string svg = svg_of(built(std::move(builder)));
  EXPECT_TRUE(is_xml(svg)) << svg;
  EXPECT_FALSE(is_xml(svg + "<"));
  EXPECT_THAT(svg, HasSubstr(">a name that is far too..</text>"));
}

TEST(TopoSvg, TooLargeATopologyIsRefused) {
  EXPECT_TRUE(svg_text(typed("3999 hosts")));
  ASSERT_FALSE(svg_text(typed("4000 hosts")));
  EXPECT_THAT(svg_text(typed("4000 hosts")).error().message, HasSubstr("no picture of 4001 nodes"));
}

TEST(TopoDot, QuotesNames) {
  TopologyBuilder builder;
  builder.add(Node{.kind = NodeKind::host, .name = "a\"b\\c"});
  EXPECT_THAT(dot_text(built(std::move(builder))), HasSubstr("\"a\\\"b\\\\c\" [label=\"a\\\"b\\\\c\""));
}

TEST(TopoTree, ShowsEachLinkAtOneEnd) {
  const std::string tree = tree_text(every_way());
  EXPECT_EQ(every_way().links().size(), count(tree, "\n *- "));
  EXPECT_THAT(tree, HasSubstr("        gpu0 (GPU)\n          - h/switch0: pcie 29 GB/s\n"));
}

}  // namespace
}  // namespace treering::topo
