// Names of kinds, types, addresses and nodes.
#include "topology/names.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "topology_samples.hpp"

namespace treering::topology {
namespace {

TEST(Names, OfKindsAndTypesAreDistinctAndReadBack) {
  std::set<std::string_view> names;
  for (int k = 0; k < node_kinds; ++k) {
    names.insert(name_of(static_cast<NodeKind>(k)));
    EXPECT_EQ(node_kind(name_of(static_cast<NodeKind>(k))), static_cast<NodeKind>(k));
  }
  EXPECT_EQ(names.size(), std::size_t{node_kinds});
  names.clear();
  for (int t = 0; t < link_types; ++t) {
    names.insert(name_of(static_cast<LinkType>(t)));
    EXPECT_EQ(link_type(name_of(static_cast<LinkType>(t))), static_cast<LinkType>(t));
  }
  EXPECT_EQ(names.size(), std::size_t{link_types});
  EXPECT_EQ(name_of(NodeKind::rack), "rack");
  EXPECT_EQ(name_of(NodeKind::pci_switch), "pci-switch");
  EXPECT_EQ(name_of(NodeKind::other), "other");
  EXPECT_EQ(name_of(LinkType::memory), "memory");
  EXPECT_EQ(name_of(LinkType::other), "other");
  EXPECT_EQ(node_kind("GPU"), std::nullopt);
  EXPECT_EQ(link_type(""), std::nullopt);
}

TEST(Names, OfPciAddressesReadBack) {
  for (const std::string text : {"0000:1b:00.0", "fffffff:ff:ff.0", "ffff:ff:01.0", "0103:00:1f.7"}) {
    const auto address = pci_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(text_of(*address), text);
  }
  EXPECT_EQ(pci_address("0012:3A:04.5"), (PciAddress{.domain = 0x12, .bus = 0x3a, .device = 4, .function = 5}));
  for (const char* text : {"", "0000", "0000:1b", "0000:1b:00", "0000:1b:00.", "0000:1b:00.0 ", " 0000:1b:00.0",
                           "0000:100:00.0", "1ffffffff:00:00.0", "0000:1b:-1.0", "0000:1b:00.g", "0x00:1b:00.0"}) {
    EXPECT_EQ(pci_address(text), std::nullopt) << text;
  }
}

TEST(Names, OfNodesSayTheHost) {
  const Topology topology = built(two_hosts());
  EXPECT_EQ(full_name(topology.nodes(), 0), "switch0");
  EXPECT_EQ(full_name(topology.nodes(), 6), "h1");
  EXPECT_EQ(full_name(topology.nodes(), 9), "h1/g1");
  EXPECT_EQ(host_of(topology.nodes(), 9), 6u);
  EXPECT_EQ(host_of(topology.nodes(), 6), 6u);
  EXPECT_EQ(host_of(topology.nodes(), 0), no_node);
}

TEST(NameIndex, FindsEveryNodeAndNoOther) {
  TopologyBuilder builder = two_hosts();
  for (int n = 0; n < 100; ++n) {
    const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = "n" + std::to_string(n)});
    for (const char* name : {"g0", "g1"}) builder.add(Node{.kind = NodeKind::gpu, .parent = host, .name = name});
  }
  const Topology topology = built(std::move(builder));
  const NameIndex index(topology.nodes());
  for (NodeIndex n = 0; n < topology.nodes().size(); ++n) {
    EXPECT_EQ(index.find(topology.nodes(), full_name(topology.nodes(), n)), n);
  }
  for (const char* name :
       {"", "/", "h1/", "/g0", "g0", "h2/g0", "switch0/g0", "h0/g0/", "h1/g2", "n100", "n100/g0", "h0/h0"}) {
    EXPECT_EQ(index.find(topology.nodes(), name), no_node) << name;
  }
  EXPECT_EQ(NameIndex().find({}, "h0"), no_node);
}

}  // namespace
}  // namespace treering::topology
