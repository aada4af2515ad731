// A link of the topology: how data gets from one node to another.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "topology/figure.hpp"
#include "topology/node.hpp"

namespace treering::topology {

/// A link is named by its place in Topology::links().
using LinkIndex = std::uint32_t;
inline constexpr LinkIndex no_link = std::numeric_limits<LinkIndex>::max();

enum class LinkType : std::uint8_t {
  pcie,
  nvlink,
  xgmi,    ///< Infinity Fabric between GPUs
  c2c,     ///< between a processor and its GPU: NVLink-C2C and the like
  memory,  ///< between cores, memory and sockets of a host: UPI, Infinity Fabric, mesh
  infiniband,
  ethernet,
  network,  ///< between hosts, of a kind that is not known or does not matter
  other,
};
inline constexpr int link_types = 9;

/// What a link can do, all its parallel lanes and cables together, while the other way is idle. GB are 10^9 bytes.
struct Capacity {
  Figure forward_gbs = {};  ///< GB/s from `from` to `to`
  Figure back_gbs = {};     ///< GB/s from `to` to `from`; 0: the link goes one way
  Figure latency_us = {};   ///< microseconds of a small message, either way

  friend bool operator==(const Capacity&, const Capacity&) = default;
};

constexpr Capacity both_ways(Figure gbs, Figure latency_us = {}) {
  return {.forward_gbs = gbs, .back_gbs = gbs, .latency_us = latency_us};
}

/// Between two nodes, both ways. What a node is a part of is no link: a GPU reaches its host's memory over PCIe only if
/// links say so.
struct Link {
  NodeIndex from = no_node;
  NodeIndex to = no_node;
  LinkType type = LinkType::other;
  std::optional<std::uint16_t> width = {};      ///< lanes of one cable or slot: 16 for PCIe x16, 4 for InfiniBand 4x
  std::optional<std::uint16_t> from_port = {};  ///< as a switch or adapter numbers its own ends
  std::optional<std::uint16_t> to_port = {};
  std::optional<std::uint32_t> count = {};  ///< parallel links that this one stands for: 18 NVLinks
  Figure lane_gts = {};                     ///< signalling rate of a lane, in GT/s or Gb/s: 32 for PCIe 5
  Capacity declared = {};                   ///< what those who made or described it say
  Capacity measured = {};                   ///< what was seen

  friend bool operator==(const Link&, const Link&) = default;
};

/// What to reckon with: what was measured where it was, else what is declared.
constexpr Capacity capacity(const Link& link) {
  return {.forward_gbs = link.measured.forward_gbs.or_else(link.declared.forward_gbs),
          .back_gbs = link.measured.back_gbs.or_else(link.declared.back_gbs),
          .latency_us = link.measured.latency_us.or_else(link.declared.latency_us)};
}

}  // namespace treering::topology
