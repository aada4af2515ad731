// Nodes by their PCI addresses.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "topology/node.hpp"

namespace treering::topology {

/// Every host counts its own addresses. Where an address is taken, the first node has it.
class AddressIndex {
 public:
  void add(NodeIndex host, const PciAddress& address, NodeIndex node) { nodes_[host].emplace(key(address), node); }

  /// no_node where there is none.
  NodeIndex find(NodeIndex host, const PciAddress& address) const {
    const auto of_host = nodes_.find(host);
    if (of_host == nodes_.end()) return no_node;
    const auto found = of_host->second.find(key(address));
    return found == of_host->second.end() ? no_node : found->second;
  }

 private:
  static std::uint64_t key(const PciAddress& address) {
    return std::uint64_t{address.domain} << 24 | std::uint64_t{address.bus} << 16 | std::uint64_t{address.device} << 8 |
           address.function;
  }

  std::unordered_map<NodeIndex, std::unordered_map<std::uint64_t, NodeIndex>> nodes_;
};

}  // namespace treering::topology
