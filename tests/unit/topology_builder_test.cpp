// What the builder refuses, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "topology_samples.hpp"

namespace treering::topology {
namespace {

using ::testing::HasSubstr;

std::string refusal(TopologyBuilder builder) {
  const auto topology = std::move(builder).build();
  EXPECT_FALSE(topology);
  if (topology) return "";
  EXPECT_EQ(topology.error().code, Code::invalid_argument);
  return topology.error().message;
}

/// Two hosts and one thing more.
template <class Thing>
std::string refusal_of(Thing thing) {
  TopologyBuilder builder = two_hosts();
  builder.add(thing);
  return refusal(std::move(builder));
}

TEST(Builder, RefusesAPartBeforeItsWhole) {
  EXPECT_EQ(
      refusal_of(Node{.parent = 12, .name = "early"}),
      "'early' is node 11 and a part of node 12 (what a node is a part of stands before it, so that nothing contains "
      "itself) add the whole before its parts");
}

TEST(Builder, RefusesANodeThatContainsItself) {
  EXPECT_THAT(refusal_of(Node{.parent = 11, .name = "ouroboros"}),
              HasSubstr("'ouroboros' is node 11 and a part of node 11"));
}

TEST(Builder, RefusesAHostInAHost) {
  EXPECT_EQ(refusal_of(Node{.kind = NodeKind::host, .parent = 2, .name = "guest"}),
            "host 'guest' lies in host 'h0' (a host is one operating system) put hosts beside each other");
}

TEST(Builder, RefusesNamesThatAreTakenInTheSameHost) {
  EXPECT_EQ(refusal_of(Node{.kind = NodeKind::gpu, .parent = 7, .name = "g1"}),
            "the name 'h1/g1' is taken (names tell nodes apart) choose another");
  EXPECT_THAT(refusal_of(Node{.kind = NodeKind::rack, .name = "switch0"}), HasSubstr("the name 'switch0' is taken"));
}

TEST(Builder, TakesANameOnceInEveryHostAndOutside) {
  TopologyBuilder builder = two_hosts();
  builder.add(Node{.kind = NodeKind::gpu, .name = "g1"});
  builder.add(Node{.parent = 1, .name = "switch0"});
  EXPECT_EQ(built(std::move(builder)).nodes().size(), 13u);
}

TEST(Builder, RefusesNamesThatCannotBeWritten) {
  for (const std::string& name :
       {std::string(), std::string(257, 'n'), std::string("a/b"), std::string("a\nb"), std::string("\x7f"),
        std::string("\xc3"), std::string("\xc0\xaf"), std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string("\xe0\x80\x80"), std::string("\xf0\x80\x80\x80")}) {
    EXPECT_THAT(refusal_of(Node{.name = name}), HasSubstr("node 11 has the name '")) << name;
  }
  EXPECT_THAT(refusal_of(Node{.name = "n", .identity = "\xff"}), HasSubstr("the identity or model '?'"));
  EXPECT_THAT(refusal_of(Node{.name = "n", .model = std::string(257, 'm')}), HasSubstr("up to 256 bytes"));
}

TEST(Builder, TakesNamesOfAllUnicode) {
  TopologyBuilder builder;
  for (const char* name : {"Knoten-\xc3\xa4", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x9f\x8c\xb2", "\xf4\x8f\xbf\xbf",
                           "Voltaire 4036 # 4036-8C9E"})
    builder.add(Node{.name = name});
  EXPECT_EQ(built(std::move(builder)).nodes().size(), 6u);
}

TEST(Builder, RefusesLinksThatDangle) {
  EXPECT_EQ(refusal_of(Link{.from = 3, .to = 11}),
            "link 6 ends at node 11 (there are 11 nodes so far) add nodes before their links");
  EXPECT_THAT(refusal_of(Link{.to = 3}), HasSubstr("link 6 ends at node 4294967295"));
}

TEST(Builder, RefusesLinksThatGoNowhere) {
  EXPECT_EQ(refusal_of(Link{.from = 3, .to = 3}),
            "link 6 from 'h0/g0' to 'h0/g0' goes nowhere (a link has two ends) leave it out");
  EXPECT_THAT(refusal_of(Link{.from = 3, .to = 4, .count = 0}), HasSubstr("stands for 0 links"));
}

TEST(Builder, RefusesFiguresThatNoLinkHas) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(refusal_of(Link{.from = 3, .to = 4, .lane_gts = -2}), HasSubstr("impossible rate a lane"));
  EXPECT_EQ(refusal_of(Link{.from = 3, .to = 4, .declared = {.forward_gbs = -2}}),
            "link 6 from 'h0/g0' to 'h0/g1' has a bandwidth of -2 GB/s (figures are finite and not negative) leave out "
            "what is "
            "not known");
  EXPECT_THAT(refusal_of(Link{.from = 3, .to = 4, .declared = {.back_gbs = infinity}}),
              HasSubstr("a bandwidth of inf GB/s"));
  EXPECT_THAT(refusal_of(Link{.from = 3, .to = 4, .measured = {.latency_us = -0.5}}),
              HasSubstr("a latency of -0.5 us"));
}

TEST(Builder, KeepsTheFirstMistake) {
  TopologyBuilder builder = two_hosts();
  EXPECT_EQ(builder.fault(), std::nullopt);
  builder.add(Link{.from = 3, .to = 3});
  ASSERT_TRUE(builder.fault());
  builder.add(Node{.parent = 99, .name = "later"});
  builder.annotate_node(99, {"o", "n", "v"});
  builder.set_grid({.extents = {0}});
  EXPECT_THAT(*builder.fault(), HasSubstr("goes nowhere"));
  EXPECT_EQ(builder.nodes().size(), 11u);
  EXPECT_THAT(refusal(std::move(builder)), HasSubstr("goes nowhere"));
}

TEST(Builder, RefusesAttributesOfNothingAndOfNoText) {
  TopologyBuilder of_nothing = two_hosts();
  of_nothing.annotate_link(6, {"o", "name", "v"});
  EXPECT_EQ(refusal(std::move(of_nothing)),
            "the attribute 'name' belongs to number 6 of 6 (that is not there) add its owner first");
  TopologyBuilder of_no_text = two_hosts();
  of_no_text.annotate_node(1, {"o", "name", "\x80"});
  EXPECT_THAT(refusal(std::move(of_no_text)), HasSubstr("the attribute 'name' holds '?' (attributes are UTF-8"));
  TopologyBuilder cut_off = two_hosts();
  cut_off.annotate({"o", "name", std::string_view("\xe2\x82\xac").substr(0, 2)});
  EXPECT_THAT(refusal(std::move(cut_off)), HasSubstr("(attributes are UTF-8"));
}

TEST(Builder, RefusesCellsOutsideOfTheGrid) {
  TopologyBuilder without;
  without.add(Node{.cell = 0, .name = "n"});
  EXPECT_EQ(refusal(std::move(without)), "'n' lies in cell 0 (the grid has 0) give it one that there is");
  TopologyBuilder outside;
  outside.set_grid({.extents = {2, 3}});
  outside.add(Node{.cell = 6, .name = "n"});
  EXPECT_THAT(refusal(std::move(outside)), HasSubstr("'n' lies in cell 6 (the grid has 6)"));
  TopologyBuilder flat;
  flat.set_grid({.extents = {2, 0}});
  EXPECT_THAT(refusal(std::move(flat)), HasSubstr("an extent of 0"));
  TopologyBuilder huge;
  huge.set_grid({.extents = {65536, 65536, 65536, 65536, 65536}});
  EXPECT_THAT(refusal(std::move(huge)), HasSubstr("2^32 - 1 cells or more"));
}

TEST(Builder, KeepsItsLimits) {
  const auto nodes = [](Limits limits, std::uint32_t count, NodeIndex (*parent)(NodeIndex)) {
    TopologyBuilder builder(limits);
    for (NodeIndex n = 0; n < count; ++n) builder.add(Node{.parent = parent(n), .name = "n" + std::to_string(n)});
    return builder;
  };
  const auto beside = [](NodeIndex) { return no_node; };
  const auto inside = [](NodeIndex n) { return n == 0 ? no_node : n - 1; };
  EXPECT_EQ(built(nodes({.nodes = 3}, 3, beside)).nodes().size(), 3u);
  EXPECT_THAT(refusal(nodes({.nodes = 3}, 4, beside)), HasSubstr("more than 3 nodes"));
  EXPECT_EQ(built(nodes({.depth = 5}, 5, inside)).nodes().size(), 5u);
  EXPECT_THAT(refusal(nodes({.depth = 5}, 6, inside)), HasSubstr("'n5' lies 6 deep (nodes in nodes are bounded at 5)"));

  const auto rest = [&](Limits limits, const std::string& value) {
    TopologyBuilder builder = nodes(limits, 2, beside);
    for (int i = 0; i < 2; ++i) {
      builder.add(Link{.from = 0, .to = 1});
      builder.annotate_node(0, {"o", "n", value + std::to_string(i)});
    }
    return builder;
  };
  EXPECT_EQ(built(rest({.links = 2, .attributes = 2, .attribute_bytes = 4, .texts_bytes = 10}, "123")).links().size(),
            2u);
  EXPECT_THAT(refusal(rest({.links = 1}, "123")), HasSubstr("more than 1 links"));
  EXPECT_THAT(refusal(rest({.attributes = 1}, "123")), HasSubstr("more than 1 attributes"));
  EXPECT_THAT(refusal(rest({.texts_bytes = 9}, "123")), HasSubstr("or 9 bytes of them"));
  EXPECT_THAT(refusal(rest({.attribute_bytes = 3}, "123")), HasSubstr("up to 3 bytes"));
}

}  // namespace
}  // namespace treering::topology
