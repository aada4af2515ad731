// Topologies for the tests of treering-topo.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "topology/builder.hpp"
#include "topology/description.hpp"
#include "topology/names.hpp"

namespace treering::topo {

using topology::Link;
using topology::LinkIndex;
using topology::LinkType;
using topology::Node;
using topology::NodeIndex;
using topology::NodeKind;
using topology::Topology;
using topology::TopologyBuilder;

inline Topology typed(std::string_view text) {
  auto made = topology::described_topology(text);
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : Topology();
}

inline Topology built(TopologyBuilder builder) {
  auto made = std::move(builder).build();
  EXPECT_TRUE(made) << made.error().message;
  return made ? *std::move(made) : Topology();
}

inline NodeIndex node(const Topology& topology, std::string_view full_name) {
  const NodeIndex found = topology::NameIndex(topology.nodes()).find(topology.nodes(), full_name);
  EXPECT_NE(topology::no_node, found) << full_name;
  return found;
}

inline LinkIndex link_between(const Topology& topology, std::string_view a, std::string_view b) {
  const NodeIndex from = node(topology, a), to = node(topology, b);
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.link(i);
    if ((link.from == from && link.to == to) || (link.from == to && link.to == from)) return i;
  }
  ADD_FAILURE() << "no link " << a << " - " << b;
  return topology::no_link;
}

/// GB/s seen on the link, from its `from` to its `to` and back.
inline void measure(Topology& topology, std::string_view a, std::string_view b, double forward, double back) {
  const auto set =
      topology.set_measured(link_between(topology, a, b), {.forward_gbs = forward, .back_gbs = back, .latency_us = {}});
  EXPECT_TRUE(set) << set.error().message;
}

/// A fabric as it is discovered: node0 to node2, each with one NIC on `leaf`, that of node2 slower; and `spare`, a host
/// of which no NIC is known.
inline Topology fabric() {
  TopologyBuilder builder;
  const NodeIndex leaf = builder.add(Node{.kind = NodeKind::network_switch, .name = "leaf"});
  for (const char* name : {"node0", "node1", "node2"}) {
    const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = name});
    const NodeIndex nic = builder.add(Node{.kind = NodeKind::nic, .parent = host, .name = "mlx5_0"});
    const double gbs = std::string_view(name) == "node2" ? 20 : 25;
    builder.add(Link{.from = nic, .to = leaf, .type = LinkType::infiniband, .declared = topology::both_ways(gbs)});
  }
  builder.add(Node{.kind = NodeKind::host, .name = "spare"});
  return built(std::move(builder));
}

/// One host with every kind of way in it:
///   numa0 { bridge0 { switch0 { gpu0 nic0 } switch1 { gpu1 } } bridge1 { gpu2 } core0 core1 }, numa1 { gpu3 }
/// NVLinks: 4 between gpu0 and gpu1, an unknown number between gpu1 and gpu2; Infinity Fabric between gpu2 and gpu3;
/// gpu3 has a link of its own kind to its processor.
inline Topology every_way() {
  TopologyBuilder builder;
  const auto add = [&](NodeKind kind, NodeIndex parent, const char* name) {
    return builder.add(Node{.kind = kind, .parent = parent, .name = name});
  };
  const auto join = [&](NodeIndex a, NodeIndex b, LinkType type, double gbs, std::uint32_t count = 0) {
    builder.add(Link{.from = a,
                     .to = b,
                     .type = type,
                     .count = count == 0 ? std::nullopt : std::optional(count),
                     .declared = topology::both_ways(gbs)});
  };
  const NodeIndex host = add(NodeKind::host, topology::no_node, "h");
  const NodeIndex numa0 = add(NodeKind::numa, host, "numa0"), numa1 = add(NodeKind::numa, host, "numa1");
  const NodeIndex bridge0 = add(NodeKind::pci_bridge, numa0, "bridge0");
  const NodeIndex bridge1 = add(NodeKind::pci_bridge, numa0, "bridge1");
  const NodeIndex switch0 = add(NodeKind::pci_switch, bridge0, "switch0");
  const NodeIndex switch1 = add(NodeKind::pci_switch, bridge0, "switch1");
  const NodeIndex gpu0 = add(NodeKind::gpu, switch0, "gpu0"), nic0 = add(NodeKind::nic, switch0, "nic0");
  const NodeIndex gpu1 = add(NodeKind::gpu, switch1, "gpu1"), gpu2 = add(NodeKind::gpu, bridge1, "gpu2");
  const NodeIndex gpu3 = add(NodeKind::gpu, numa1, "gpu3");
  const NodeIndex core0 = add(NodeKind::core, numa0, "core0"), core1 = add(NodeKind::core, numa0, "core1");
  join(numa0, numa1, LinkType::memory, 41);
  join(numa0, bridge0, LinkType::pcie, 32);
  join(numa0, bridge1, LinkType::pcie, 33);
  join(bridge0, switch0, LinkType::pcie, 31);
  join(bridge0, switch1, LinkType::pcie, 30);
  join(switch0, gpu0, LinkType::pcie, 29);
  join(switch0, nic0, LinkType::pcie, 28);
  join(switch1, gpu1, LinkType::pcie, 27);
  join(bridge1, gpu2, LinkType::pcie, 26);
  join(numa1, gpu3, LinkType::c2c, 90);
  join(numa0, core0, LinkType::memory, 20);
  join(numa0, core1, LinkType::memory, 21);
  join(gpu0, gpu1, LinkType::nvlink, 100, 4);
  join(gpu1, gpu2, LinkType::nvlink, 110);
  join(gpu2, gpu3, LinkType::xgmi, 120);
  return built(std::move(builder));
}

}  // namespace treering::topo
