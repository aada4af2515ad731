// Topologies for tests, small enough to check by hand.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "topology/builder.hpp"

namespace treering::topology {

/// Two hosts with two GPUs and a NIC each, on one switch; no two nodes or links are alike.
///   switch0, h0 { numa0 { g0 g1 n0 } }, h1 { numa0 { g0 g1 n0 } }
inline TopologyBuilder two_hosts() {
  TopologyBuilder builder;
  const NodeIndex hub =
      builder.add(Node{.kind = NodeKind::network_switch, .guid = 0x0002c9020040b0e0, .name = "switch0"});
  for (std::uint32_t h = 0; h < 2; ++h) {
    const NodeIndex host = builder.add(
        Node{.kind = NodeKind::host, .name = "h" + std::to_string(h), .identity = "boot" + std::to_string(h)});
    const NodeIndex numa = builder.add(Node{.kind = NodeKind::numa, .parent = host, .number = h, .name = "numa0"});
    for (std::uint32_t g = 0; g < 2; ++g) {
      const NodeIndex gpu = builder.add(Node{.kind = NodeKind::gpu,
                                             .parent = numa,
                                             .number = g,
                                             .pci = PciAddress{.domain = h, .bus = static_cast<std::uint8_t>(0x1b + g)},
                                             .name = "g" + std::to_string(g),
                                             .model = "H100"});
      builder.add(Link{.from = numa,
                       .to = gpu,
                       .type = LinkType::pcie,
                       .width = std::uint16_t(8 << g),
                       .lane_gts = 32,
                       .declared = both_ways(31.5 * (1 + g), 0.7)});
    }
    const NodeIndex nic = builder.add(Node{.kind = NodeKind::nic, .parent = numa, .name = "n0"});
    builder.add(Link{.from = nic,
                     .to = hub,
                     .type = LinkType::infiniband,
                     .to_port = std::uint16_t(7 + h),
                     .declared = both_ways(50, 1.5),
                     .measured = {.forward_gbs = 48.5 + h, .back_gbs = 47.25 - h}});
  }
  return builder;
}

inline Topology built(TopologyBuilder builder) {
  auto topology = std::move(builder).build();
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

}  // namespace treering::topology
