// The topology as a value: equality, figures, attributes, coordinates, neighbours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "topology/adjacency.hpp"
#include "topology/pcie.hpp"
#include "topology_samples.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Figure, KnowsUnknownFromZero) {
  EXPECT_FALSE(Figure().is_known());
  EXPECT_TRUE(Figure(0).is_known());
  EXPECT_NE(Figure(), Figure(0));
  EXPECT_EQ(Figure().value_or(3), 3);
  EXPECT_EQ(Figure(0).value_or(3), 0);
}

TEST(Figure, IsSoundWhereALinkCanHaveIt) {
  EXPECT_TRUE(Figure().is_sound());
  EXPECT_TRUE(Figure(0).is_sound());
  EXPECT_TRUE(Figure(1e300).is_sound());
  EXPECT_FALSE(Figure(-3).is_sound());
  EXPECT_FALSE(Figure(std::numeric_limits<double>::infinity()).is_sound());
  EXPECT_FALSE(Figure(std::numeric_limits<double>::quiet_NaN()).is_sound());
}

TEST(Pcie, MovesWhatItsLineCodeLeaves) {
  EXPECT_EQ(pcie_gbs(2.5, 1), Figure(0.25));
  EXPECT_EQ(pcie_gbs(5, 16), Figure(8));
  EXPECT_NEAR(pcie_gbs(8, 16).value(), 15.754, 1e-3);  // the figure of Linux and hwloc
  EXPECT_NEAR(pcie_gbs(pcie_gts(5), 16).value(), 63.015, 1e-3);
  EXPECT_EQ(pcie_gbs(pcie_gts(6), 16), Figure(121));
  EXPECT_EQ(pcie_gbs(pcie_gts(7), 8), Figure(121));
}

TEST(Pcie, IsUnknownWhereRateOrLanesAre) {
  for (const Figure& figure : {pcie_gbs({}, 16), pcie_gbs(0, 16), pcie_gbs(16, 0)}) EXPECT_FALSE(figure.is_known());
}

TEST(Link, IsReckonedWithWhatWasMeasuredAndElseWithWhatIsDeclared) {
  const Link link{.declared = {.forward_gbs = 50, .back_gbs = 40, .latency_us = 2}, .measured = {.back_gbs = 31}};
  EXPECT_EQ(capacity(link), (Capacity{.forward_gbs = 50, .back_gbs = 31, .latency_us = 2}));
}

TEST(Topology, IsEqualToItsCopyAndToNoOther) {
  const Topology one = built(two_hosts());
  Topology copy = one;
  EXPECT_EQ(copy, one);
  EXPECT_EQ(built(two_hosts()), one);

  ASSERT_TRUE(copy.set_measured(3, both_ways(12.5)));
  EXPECT_NE(copy, one);
  EXPECT_EQ(copy.link(3).measured, both_ways(12.5));
  EXPECT_EQ(copy.link(3).declared, one.link(3).declared);

  TopologyBuilder annotated(one);
  annotated.annotate_link(2, {"nccl.nvlink", "tclass", "0x068000"});
  EXPECT_NE(built(std::move(annotated)), one);
}

TEST(Topology, GoesThroughABuilderUnchanged) {
  TopologyBuilder builder = two_hosts();
  builder.annotate({"nccl.system", "version", "1"});
  builder.annotate_node(5, {"nccl.pci", "class", "0x030200"});
  builder.annotate_link(1, {"nccl.nvlink", "count", "18"});
  builder.set_grid({.extents = {2, 3}, .twisted = true});
  const Topology one = built(std::move(builder));
  EXPECT_EQ(built(TopologyBuilder(one)), one);
}

TEST(Topology, RefusesMeasurementsOfNothingAndNonsense) {
  Topology topology = built(two_hosts());
  const auto absent = topology.set_measured(6, both_ways(1));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().message, "link 6 was measured (there are 6) name one that there is");
  const auto nonsense = topology.set_measured(2, {.back_gbs = -4});
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().message,
            "link 2 from h0/n0 to switch0 has measured a bandwidth of -4 GB/s (figures are finite and not negative) "
            "leave out "
            "what is not known");
}

TEST(Topology, CountsCellsRowByRow) {
  TopologyBuilder builder;
  builder.set_grid({.extents = {4, 4, 8}});
  builder.add(Node{.kind = NodeKind::host, .cell = 2 * 32 + 3 * 8 + 5, .name = "h"});
  builder.add(Node{.kind = NodeKind::host, .name = "elsewhere"});
  const Topology topology = built(std::move(builder));
  EXPECT_THAT(topology.coordinates(0), ElementsAre(2, 3, 5));
  EXPECT_THAT(topology.coordinates(1), ElementsAre());
}

std::vector<std::string> texts(auto attributes) {
  std::vector<std::string> texts;
  for (const Attribute& one : attributes)
    texts.push_back(std::string(one.origin) + "." + std::string(one.name) + "=" + std::string(one.value));
  return texts;
}

TEST(Attributes, KeepTheirOrderWithinAnOriginAndMayRepeat) {
  TopologyBuilder builder = two_hosts();
  builder.annotate_link(5, {"nccl", "count", "18"});
  builder.annotate_node(3, {"hwloc", "info", "z"});
  builder.annotate_node(3, {"nccl", "sm", "90"});
  builder.annotate_node(3, {"hwloc", "info", "a"});
  builder.annotate_node(3, {"hwloc", "info", "z"});
  builder.annotate({"nccl", "version", "2"});
  builder.annotate_node(3, {"nccl", "gdr", "1"});
  const Topology topology = built(std::move(builder));
  EXPECT_THAT(texts(topology.node_attributes(3)),
              ElementsAre("hwloc.info=z", "hwloc.info=a", "hwloc.info=z", "nccl.sm=90", "nccl.gdr=1"));
  EXPECT_THAT(texts(topology.attributes()), ElementsAre("nccl.version=2"));
  EXPECT_THAT(texts(topology.link_attributes(5)), ElementsAre("nccl.count=18"));
  EXPECT_THAT(texts(topology.node_attributes(2)), ElementsAre());
  EXPECT_THAT(texts(topology.link_attributes(4)), ElementsAre());
}

TEST(Attributes, AreEqualWhateverTheOrderOfTheirOwners) {
  TopologyBuilder one = two_hosts();
  one.annotate_node(1, {"a", "x", "1"});
  one.annotate_link(2, {"b", "y", "2"});
  TopologyBuilder other = two_hosts();
  other.annotate_link(2, {"b", "y", "2"});
  other.annotate_node(1, {"a", "x", "1"});
  EXPECT_EQ(built(std::move(one)), built(std::move(other)));
}

TEST(Adjacency, HoldsBothWaysOfEveryLinkInOrder) {
  const Topology topology = built(two_hosts());
  const Adjacency adjacency(topology);
  std::vector<std::string> seen;
  for (const NodeIndex node : {0u, 2u, 5u, 6u}) {
    for (const Arc& arc : adjacency.of(node)) {
      seen.push_back(full_name(topology.nodes(), node) + (arc.forward ? " -> " : " <- ") +
                     full_name(topology.nodes(), arc.to) + " by " + std::to_string(arc.link));
    }
  }
  EXPECT_THAT(seen, ElementsAre("switch0 <- h0/n0 by 2", "switch0 <- h1/n0 by 5", "h0/numa0 -> h0/g0 by 0",
                                "h0/numa0 -> h0/g1 by 1", "h0/n0 -> switch0 by 2"));
}

TEST(Containment, HoldsThePartsOfEveryNodeInOrder) {
  const Topology topology = built(two_hosts());
  const Containment containment(topology);
  EXPECT_THAT(containment.top(), ElementsAre(0, 1, 6));
  EXPECT_THAT(containment.of(1), ElementsAre(2));
  EXPECT_THAT(containment.of(7), ElementsAre(8, 9, 10));
  EXPECT_THAT(containment.of(10), ElementsAre());
}

TEST(Adjacency, OfNothingIsEmpty) {
  const Topology nothing;
  const Containment containment(nothing);
  EXPECT_THAT(containment.top(), ElementsAre());
  EXPECT_EQ(nothing, Topology());
  EXPECT_EQ(built(TopologyBuilder()), nothing);
}

}  // namespace
}  // namespace treering::topology
