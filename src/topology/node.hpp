// A node of the topology: a host, something inside a host, or something of the network between hosts.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace treering::topology {

/// A node is named by its place in Topology::nodes().
using NodeIndex = std::uint32_t;
inline constexpr NodeIndex no_node = std::numeric_limits<NodeIndex>::max();

/// Cells of a grid are counted row by row: the last coordinate runs fastest.
using CellIndex = std::uint32_t;
inline constexpr CellIndex no_cell = std::numeric_limits<CellIndex>::max();

enum class NodeKind : std::uint8_t {
  rack,            ///< holds hosts and network switches
  host,            ///< one operating system; names inside are unique
  package,         ///< a processor socket
  numa,            ///< a NUMA domain: memory, and what is near it
  group,           ///< a die, tile or cluster that has no other name
  cache,           ///< of one core or several
  core,            ///< a processor core, or several that need not be told apart
  thread,          ///< a hardware thread
  pci_bridge,      ///< a host bridge, root port or other bridge
  pci_switch,      ///< several ports that pass data without the processor
  pci_device,      ///< one that is none of those below
  gpu,             ///< or another accelerator
  nvswitch,        ///< one NVSwitch chip, or all of a host or rack that need not be told apart
  nic,             ///< a network adapter; its ports may be nodes inside
  port,            ///< of a network adapter
  network_switch,  ///< InfiniBand or Ethernet switch, router, or a network that nobody described
  other,           ///< kept for what it holds or for a file that it goes back to
};
inline constexpr int node_kinds = 17;

/// Where a device is on PCI. Wide enough for the addresses that virtual machines and NCCL make up ("fffffff:ff:ff.0").
struct PciAddress {
  std::uint32_t domain = 0;
  std::uint8_t bus = 0;
  std::uint8_t device = 0;
  std::uint8_t function = 0;

  friend bool operator==(const PciAddress&, const PciAddress&) = default;
};

/// What a node is and where; how it is reached, links say. Members that are unknown are left as they are here.
struct Node {
  NodeKind kind = NodeKind::other;
  NodeIndex parent = no_node;                ///< that it is a part of: stands before it. None: at the top
  std::optional<std::uint32_t> number = {};  ///< by which its software knows it: NUMA domain 1, device 3, port 2
  CellIndex cell = no_cell;                  ///< in the topology's grid
  std::optional<PciAddress> pci = {};
  std::uint64_t guid = 0;     ///< InfiniBand's; 0: none
  std::string name = {};      ///< unique in its host, or among all that lie in no host; UTF-8 without '/'
  std::string identity = {};  ///< what else tells it from all others: UUID of a GPU, boot id, address of an adapter
  std::string model = {};     ///< for people: "NVIDIA H100 80GB HBM3"

  friend bool operator==(const Node&, const Node&) = default;
};

}  // namespace treering::topology
