// Names of kinds, types and nodes, as people, files and the command line spell them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topology/topology.hpp"

namespace treering::topology {

/// "host", "pci-switch", "network-switch".
std::string_view name_of(NodeKind kind);
std::optional<NodeKind> node_kind(std::string_view name);

/// What people call one of the kind, in the singular: "GPU", "NUMA domain", "PCIe switch".
std::string_view noun_of(NodeKind kind);

/// "pcie", "nvlink".
std::string_view name_of(LinkType type);
std::optional<LinkType> link_type(std::string_view name);

/// "0000:1b:00.0". Domains take four digits, or more where they need them.
std::string text_of(const PciAddress& address);
/// Digits in either case; nothing where the text is no address.
std::optional<PciAddress> pci_address(std::string_view text);

/// The host that a node lies in, itself included; no_node where it lies in none.
NodeIndex host_of(std::span<const Node> nodes, NodeIndex node);

/// Whether a node is a part of another, or of a part of it, or the node itself.
bool lies_in(std::span<const Node> nodes, NodeIndex node, NodeIndex whole);

/// "host3/gpu0" in a host, else "leaf2". Tells a node from all others.
std::string full_name(std::span<const Node> nodes, NodeIndex node);

/// Finds nodes by name in constant time; 8 to 16 bytes a node. Is given the nodes with every call, always the same
/// ones.
class NameIndex {
 public:
  NameIndex() = default;
  explicit NameIndex(std::span<const Node> nodes);

  /// Takes in the last of the nodes; all before it must be in. False where its name is taken.
  bool add_last(std::span<const Node> nodes);

  /// The node of a full name; no_node where there is none.
  NodeIndex find(std::span<const Node> nodes, std::string_view full_name) const;

 private:
  std::size_t slot_of(std::span<const Node> nodes, NodeIndex host, std::string_view name) const;
  void grow(std::span<const Node> nodes);

  std::vector<NodeIndex> slots_;  // open addressing: at most half full, a power of two
  std::size_t used_ = 0;
};

}  // namespace treering::topology
