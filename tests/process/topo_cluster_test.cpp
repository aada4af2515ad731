// What is read, and topologies made of others: --merge, --redact, --diff.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tools/topo/cluster.hpp"
#include "tools/topo/difference.hpp"
#include "tools/topo/input.hpp"
#include "topo_samples.hpp"
#include "topology/json.hpp"

namespace treering::topo {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A host of the name with two GPUs and a NIC with the GUID, on switch `leaf0` below `spine`.
Topology host_file(const std::string& name, std::uint64_t guid, double gbs) {
  TopologyBuilder builder;
  const NodeIndex spine = builder.add(Node{.kind = NodeKind::network_switch, .guid = 0x10, .name = "spine"});
  const NodeIndex leaf = builder.add(Node{.kind = NodeKind::network_switch, .guid = 0x11, .name = "leaf0"});
  for (std::uint16_t port = 1; port <= 2; ++port)
    builder.add(Link{.from = leaf,
                     .to = spine,
                     .type = LinkType::infiniband,
                     .from_port = std::uint16_t(30 + port),
                     .to_port = port,
                     .declared = topology::both_ways(100)});
  const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = name, .identity = "boot-" + name});
  const NodeIndex nic = builder.add(
      Node{.kind = NodeKind::nic, .parent = host, .guid = guid, .name = "mlx5_0", .identity = "serial-" + name});
  builder.annotate_node(nic, {"nccl.net", "serial", "secret-" + name});
  for (const char* gpu : {"gpu0", "gpu1"}) {
    const NodeIndex added = builder.add(Node{.kind = NodeKind::gpu, .parent = host, .name = gpu, .model = "H100"});
    builder.add(Link{.from = added, .to = nic, .type = LinkType::pcie, .declared = topology::both_ways(gbs + 7)});
  }
  builder.add(Link{.from = nic, .to = leaf, .type = LinkType::infiniband, .declared = topology::both_ways(gbs)});
  return built(std::move(builder));
}

Topology merged_or_empty(std::vector<Part> parts) {
  auto made = merged(parts);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : Topology();
}

TEST(TopoMerge, HostsMeetAtTheSwitchesThatTheyShare) {
  const Topology cluster =
      merged_or_empty({{"a", host_file("a", 1, 25)}, {"b", host_file("b", 2, 50)}, {"c", host_file("c", 3, 100)}});
  EXPECT_EQ(2u + 3 * 4, cluster.nodes().size());
  EXPECT_EQ(2u + 3 * 3, cluster.links().size()) << "two cables side by side stay two";
  EXPECT_EQ(50, cluster.link(link_between(cluster, "b/mlx5_0", "leaf0")).declared.forward_gbs.value());
  const NodeIndex nic = node(cluster, "c/mlx5_0");
  EXPECT_EQ("secret-c", (*cluster.node_attributes(nic).begin()).value);
}

TEST(TopoMerge, OneAloneStaysAsItIs) {
  const Topology host = host_file("a", 1, 25);
  EXPECT_EQ(host, merged_or_empty({{"a", host}}));
  EXPECT_EQ(typed("twisted torus 2x4"), merged_or_empty({{"t", typed("twisted torus 2x4")}}));
}

TEST(TopoMerge, WhatContradictsItselfIsRefused) {
  const auto refusal = [](Topology a, Topology b) {
    const auto made = merged(std::vector<Part>{{"a.json", std::move(a)}, {"b.json", std::move(b)}});
    return made ? "merged" : made.error().message;
  };
  EXPECT_THAT(refusal(host_file("a", 1, 25), host_file("a", 2, 25)), HasSubstr("a in b.json is in an input before it"));
  TopologyBuilder other;
  other.add(Node{.kind = NodeKind::network_switch, .guid = 0x99, .name = "leaf0"});
  EXPECT_THAT(refusal(host_file("a", 1, 25), built(std::move(other))), HasSubstr("leaf0 in b.json is not the leaf0"));
  TopologyBuilder grid;
  grid.set_grid({{3, 5}, false});
  EXPECT_THAT(refusal(typed("torus 2x2"), built(std::move(grid))), HasSubstr("b.json lies in another grid"));
}

TEST(TopoRedact, NothingThatTellsAMachineIsLeft) {
  const Topology cluster =
      merged_or_empty({{"a", host_file("alpha", 0xabc1, 25)}, {"b", host_file("beta", 0xabc2, 50)}});
  const auto clean = redacted(cluster);
  ASSERT_TRUE(clean) << clean.error().message;
  const std::string text = topology::json_of(*clean);
  for (const char* told : {"alpha", "beta", "serial", "secret", "boot", "abc", "spine", "leaf0"})
    EXPECT_THAT(text, Not(HasSubstr(told)));
  EXPECT_THAT(text, HasSubstr("\"host1\""));
  EXPECT_THAT(text, HasSubstr("\"network-switch1\""));
  EXPECT_THAT(text, HasSubstr("H100"));
  EXPECT_EQ(cluster.links().size(), clean->links().size());
  for (LinkIndex i = 0; i < cluster.links().size(); ++i) EXPECT_EQ(cluster.link(i), clean->link(i));
}

TEST(TopoRedact, NamesInsideOfHostsStayUnlessTheyHoldAnAddress) {
  TopologyBuilder builder(typed("1 host"));
  for (const char* name : {"enx0c42a1b2c3d4", "mlx5_0", "deadbeef", "enx0c42a1b2c3d5"})
    builder.add(Node{.kind = NodeKind::nic, .parent = 0, .name = name});
  const auto clean = redacted(built(std::move(builder)));
  ASSERT_TRUE(clean) << clean.error().message;
  std::vector<std::string> names;
  for (const Node& each : clean->nodes()) names.push_back(each.name);
  EXPECT_THAT(names, testing::ElementsAre("host0", "hidden0", "mlx5_0", "deadbeef", "hidden1"));
}

TEST(TopoRedact, WhatWasEqualStaysEqualAndTheRestDiffers) {
  TopologyBuilder builder;
  for (const auto& [name, identity, guid] : std::vector<std::tuple<const char*, const char*, std::uint64_t>>{
           {"a", "x", 7}, {"b", "y", 8}, {"c", "x", 7}, {"d", "", 0}})
    builder.add(Node{.kind = NodeKind::nic, .guid = guid, .name = name, .identity = identity});
  const auto clean = redacted(built(std::move(builder)));
  ASSERT_TRUE(clean);
  EXPECT_EQ(clean->node(0).identity, clean->node(2).identity);
  EXPECT_NE(clean->node(0).identity, clean->node(1).identity);
  EXPECT_EQ(clean->node(0).guid, clean->node(2).guid);
  EXPECT_NE(clean->node(0).guid, clean->node(1).guid);
  EXPECT_EQ("", clean->node(3).identity);
  EXPECT_EQ(0u, clean->node(3).guid);
}

TEST(TopoDifference, SaysWhatOnlyOneOfThemHas) {
  Topology before = typed("3 hosts 10GB/s"), after = before;
  EXPECT_EQ("", difference_text(before, after, Paint(false)));
  measure(after, "host1", "network", 9, 8);
  EXPECT_EQ(
      "- {\"from\":\"host1\",\"to\":\"network\",\"type\":\"network\",\"declared\":{\"gbs\":10}}\n"
      "+ {\"from\":\"host1\",\"to\":\"network\",\"type\":\"network\",\"declared\":{\"gbs\":10},"
      "\"measured\":{\"forward_gbs\":9,\"back_gbs\":8}}\n",
      difference_text(before, after, Paint(false)));
  TopologyBuilder twice(before);
  twice.add(before.link(2));
  EXPECT_EQ("+ {\"from\":\"host2\",\"to\":\"network\",\"type\":\"network\",\"declared\":{\"gbs\":10}}\n",
            difference_text(before, built(std::move(twice)), Paint(false)));
  EXPECT_THAT(difference_text(typed("torus 3x3"), typed("torus 9"), Paint(false)), HasSubstr("- \"grid\": {"));
  EXPECT_THAT(difference_text(Topology(), typed("1 host"), Paint(false)), HasSubstr("+ {\"name\":\"host0\""));
}

TEST(TopoDifference, OrderIsNone) {
  const std::vector<Part> one{{"a", host_file("a", 1, 25)}, {"b", host_file("b", 2, 50)}};
  const std::vector<Part> other{one[1], one[0]};
  EXPECT_NE(*merged(one), *merged(other));
  EXPECT_EQ("", difference_text(*merged(one), *merged(other), Paint(false)));
}

TEST(TopoInput, FilesAreKnownByWhatIsInThem) {
  for (const Topology& topology : {host_file("a", 1, 25), typed("torus 2x3 7GB/s")}) {
    const auto read = topology_from_text("\n \t" + topology::json_of(topology), "f");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(topology, *read);
  }
}

TEST(TopoInput, WhatHasNoFormatIsRefusedWithThoseThatThereAre) {
  for (const char* text : {"hello", "[1]", "\1\2"}) {
    const auto read = topology_from_text(text, "some.file");
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message, HasSubstr("some.file has no format that can be read"));
    EXPECT_THAT(read.error().message, HasSubstr("Treering's JSON"));
  }
  for (const char* text : {"", " \n\t "})
    EXPECT_THAT(topology_from_text(text, "some.file").error().message, HasSubstr("some.file is empty"));
  const auto nothing = topology_from_text(topology::json_of(Topology()), "some.file");
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().message, HasSubstr("there are no nodes in some.file"));
  const auto broken = topology_from_text("{\n\"format\": 7}", "some.file");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("some.file:2"));
}

TEST(TopoInput, AWordIsAFileIfThereIsOneElseADescription) {
  EXPECT_EQ(typed("torus 3x3"), *topology_from("torus 3x3"));
  const auto folder = std::filesystem::temp_directory_path() / ("treering-topo-input-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = folder / "torus 3x3";
  std::ofstream(path) << topology::json_of(typed("5 hosts"));
  EXPECT_EQ(typed("5 hosts"), *topology_from(path));
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(topology_from("nowhere/cluster.json"));
  EXPECT_THAT(topology_from("nowhere/cluster.json").error().message, HasSubstr("cannot be read"));
  EXPECT_THAT(topology_from("tours 3x3").error().message, HasSubstr("no such file, and no description of a topology"));
}

}  // namespace
}  // namespace treering::topo
