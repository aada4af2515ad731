// A topology of one host in which nodes can still be changed and added.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

class HostDraft {
 public:
  /// Goes on from what hwloc found; where that is nothing, from a host of that name alone.
  HostDraft(const Topology& machine, const std::string& name);

  const std::vector<Node>& nodes() const { return nodes_; }
  /// To be changed, all but parent and name; for that see rename().
  Node& node(NodeIndex index) { return nodes_[index]; }
  NodeIndex host() const { return host_; }

  /// With a number behind its name where that is taken.
  NodeIndex add(Node node);
  void add(const Link& link) { links_.push_back(link); }
  /// The device at an address; where there is none (or no address), a new one of that kind in its NUMA domain or the
  /// host, called by the kind and a number, and linked to its domain, or to all if that is not known, by PCIe.
  NodeIndex device(NodeKind kind, const std::optional<PciAddress>& pci, std::optional<std::uint32_t> numa);
  /// A part of the host. The one that has that name already gets the other's.
  void rename(NodeIndex part, const std::string& name);
  void annotate(NodeIndex node, std::string origin, std::string name, std::string value);

  /// A part of the host; no_node where there is none of that name.
  NodeIndex part(std::string_view name) const;
  /// The PCI device at an address, not a bridge.
  NodeIndex device_at(const PciAddress& address) const;
  /// NUMA domain of that number; no_node where there is none.
  NodeIndex numa(std::uint32_t number) const;
  /// A switch beside the host, which is made where it is first asked for.
  NodeIndex network(std::string_view name);

  /// `left_out` says which parts are and why; see discovered_host().
  Result<Topology> build(const std::vector<std::pair<std::string, std::string>>& left_out) &&;

 private:
  void link_inside(NodeIndex place, NodeIndex device);

  struct Kept {
    NodeIndex node;
    std::string origin, name, value;
  };

  const Topology& machine_;
  std::vector<Node> nodes_;
  std::vector<Link> links_;
  std::vector<Kept> attributes_;
  std::map<NodeKind, std::uint32_t> next_number_;
  NodeIndex host_ = no_node;
};

}  // namespace treering::topology
