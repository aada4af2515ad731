// Topologies as pictures: what lies where, and what the files say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "tools/topo/picture.hpp"
#include "tools/topo/ways.hpp"
#include "tools/topo/words.hpp"
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

TEST(TopoLayout, WhatLiesInACacheStandsInWhatTheCacheLiesIn) {
  TopologyBuilder builder;
  const NodeIndex package = builder.add(Node{.kind = NodeKind::package, .name = "package"});
  const NodeIndex numa = builder.add(Node{.kind = NodeKind::numa, .parent = package, .name = "numa"});
  const NodeIndex l3 = builder.add(Node{.kind = NodeKind::cache, .parent = package, .name = "l3"});
  const NodeIndex l1 = builder.add(Node{.kind = NodeKind::cache, .parent = l3, .name = "l1"});
  const NodeIndex core = builder.add(Node{.kind = NodeKind::core, .parent = l1, .name = "core"});
  builder.add(Link{.from = numa, .to = core, .type = LinkType::memory});
  const Topology topology = built(std::move(builder));
  const Layout layout(topology);
  EXPECT_EQ(Shape::none, layout.shape(l3));
  EXPECT_EQ(Shape::none, layout.shape(l1));
  EXPECT_TRUE(is_within(layout.place(core), layout.place(package)));
  EXPECT_EQ(layout.place(numa).y, layout.place(core).y);
}

TEST(TopoLayout, AnNvswitchThatHostsShareLiesBelowThemAll) {
  TopologyBuilder builder(typed("3 hosts x (2 gpu)"));
  const NodeIndex shared = builder.add(Node{.kind = NodeKind::nvswitch, .name = "nvswitch0"});
  for (const char* gpu : {"host0/gpu0", "host2/gpu1"})
    builder.add(Link{.from = builder.find(gpu), .to = shared, .type = LinkType::nvlink});
  const Topology topology = built(std::move(builder));
  expect_sound_layout(topology, "three hosts");
  const Layout layout(topology);
  const Rectangle &bar = layout.place(shared), first = layout.place(node(topology, "host0")),
                  last = layout.place(node(topology, "host2"));
  EXPECT_GT(bar.y, last.bottom());
  EXPECT_TRUE(bar.x <= first.x && bar.right() >= last.right());
}

TEST(TopoLayout, PanelsOfAGridFillAPageAndNotAStrip) {
  for (const char* text : {"torus 4x4x8", "torus 16x2x2", "torus 2x3x4x5"}) {
    const Layout layout(typed(text));
    EXPECT_LT(layout.width(), 5 * layout.height()) << text;
    EXPECT_LT(layout.height(), 2 * layout.width()) << text;
  }
}

/// Whether a line straight up or down between two heights crosses a node that is no box.
bool crosses_a_node(const Topology& topology, const Layout& layout, double x, double top, double bottom) {
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i)
    if (layout.shape(i) == Shape::part || layout.shape(i) == Shape::bar)
      if (overlap({x, top + 1, 0.1, bottom - top - 2}, layout.place(i))) return true;
  return false;
}

TEST(TopoWays, ToTheBoxAroundCrossNothing) {
  for (const char* text : {typed_topologies[0], "1 host x (2 numa, 4 gpu, 2 nic)", "1 host x (2 gpu nvlink)"}) {
    TopologyBuilder builder(typed(text));
    for (const char* gpu : {"gpu0", "gpu1"}) {
      const NodeIndex from = builder.find(std::string("host0/") + gpu);
      builder.add(Link{.from = from, .to = builder.find("host0/numa0"), .type = LinkType::c2c});
    }
    const Topology topology = built(std::move(builder));
    const Layout layout(topology);
    const Ways ways(topology, layout);
    int upright = 0;
    for (const Link& link : topology.links()) {
      double x = 0, start = 0, end = 0;
      const std::string way = ways.of(link.from, link.to);
      if (std::sscanf(way.c_str(), "M%lf %lfV%lf", &x, &start, &end) != 3) continue;
      EXPECT_FALSE(crosses_a_node(topology, layout, x, std::min(start, end), std::max(start, end)))
          << text << ": " << name_of(topology, link.from) << " - " << name_of(topology, link.to);
      ++upright;
    }
    EXPECT_GE(upright, 2) << text;
  }
}

constexpr const char* large_fabrics[] = {
    "300 hosts 50GB/s",
    "fat-tree 256 hosts 50GB/s, leaves of 16",
    "fat-tree 96 hosts on rails, leaves of 8 x (2 gpu pcie5, 2 nic)",
    "dragonfly 5 groups of 4 routers of 12 hosts 25GB/s",
};

TEST(TopoLayout, HostsOfALargeFabricFillAPageAndNotAStrip) {
  for (const char* text : large_fabrics) {
    const Topology fabric = typed(text);
    expect_sound_layout(fabric, text);
    const Layout layout(fabric);
    EXPECT_LT(layout.width(), std::max(3100.0, 4 * layout.height())) << text;
    EXPECT_LT(layout.height(), 2 * layout.width()) << text;
  }
  const Layout few(typed("40 hosts 50GB/s"));
  EXPECT_LT(few.height(), 300) << "these have room in a row";
}

TEST(TopoWays, OfHostsBelowOthersLeadBesideThese) {
  for (const char* text : large_fabrics) {
    const Topology fabric = typed(text);
    const Layout layout(fabric);
    const Ways ways(fabric, layout);
    const topology::Containment parts(fabric);
    int past = 0;
    for (const Link& link : fabric.links()) {
      double x = 0, start = 0, end = 0, unused = 0;
      const std::string way = ways.of(link.from, link.to);
      if (std::sscanf(way.c_str(), "M%lf %lfL%lf %lfV%lf", &unused, &unused, &x, &start, &end) != 5) continue;
      ++past;
      for (const NodeIndex node : parts.top()) {
        if (layout.shape(node) == Shape::none) continue;
        ASSERT_FALSE(overlap({x, end, 0.1, start - end}, layout.place(node))) << text << ": " << way;
      }
    }
    EXPECT_GT(past, 20) << text;
  }
}

TEST(TopoWays, EndsOfLinksOutOfAPanelAreAllApart) {
  const Topology topology = typed("torus 4x3x5");
  const Layout layout(topology);
  const Ways ways(topology, layout);
  std::set<std::string> ends;
  for (const Link& link : topology.links()) {
    const std::string way = ways.of(link.from, link.to);
    if (const std::size_t second = way.find('M', 1); second != std::string::npos) {
      EXPECT_TRUE(ends.insert(way.substr(0, second)).second) << way;
      EXPECT_TRUE(ends.insert(way.substr(second)).second) << way;
    }
  }
  EXPECT_EQ(2u * (4 * 3 * 5 + 4 * 5 + 4 * 3), ends.size()) << "to other panels, and round columns and rows";
}

TEST(TopoSvg, SaysWhatColoursMean) {
  const std::string svg = svg_of(typed("1 host x (2 gpu nvswitch, 1 nic)"));
  for (const char* kind : {"GPU", "NVSwitch", "NIC", "PCIe switch", "network switch"})
    EXPECT_EQ(1u, count(svg, std::string("<text [^>]*>") + kind + "</text>")) << kind;
  EXPECT_THAT(svg, HasSubstr("nvlink, bandwidth unknown: 2 links</text>"));
  EXPECT_THAT(svg_of(typed("2 hosts")), Not(HasSubstr(">GPU</text>")));
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
              HasSubstr("stroke-dasharray=\"3 3\"><title>network link host0 - network, bandwidth unknown<"));
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

TEST(TopoTree, SaysWhatIsReadAndWrittenAndWhatIsUnknown) {
  Topology host = typed("1 host x (1 numa, 2 core)");
  measure(host, "host0/numa0", "host0/core1", 22.2, 14.2);
  EXPECT_THAT(tree_text(host), HasSubstr("- host0/numa0: memory unknown bandwidth\n"));
  EXPECT_THAT(tree_text(host), HasSubstr("- host0/numa0: memory 22.2 GB/s read / 14.2 written\n"));
  Topology hosts = typed("2 hosts 40GB/s");
  measure(hosts, "host1", "network", 30, 35);
  EXPECT_THAT(tree_text(hosts), HasSubstr("- network: network 30 GB/s to it, 35 back\n"));
}

}  // namespace
}  // namespace treering::topo
