#include "topology/discovery/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "topology/builder.hpp"
#include "topology/names.hpp"

namespace treering::topology {

HostDraft::HostDraft(const Topology& machine, const std::string& name)
    : machine_(machine), nodes_(machine.nodes().begin(), machine.nodes().end()) {
  const auto host =
      std::find_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.kind == NodeKind::host; });
  host_ = static_cast<NodeIndex>(host - nodes_.begin());
  if (host == nodes_.end()) nodes_.push_back(Node{.kind = NodeKind::host, .name = name});
}

NodeIndex HostDraft::add(Node node) {
  const std::string name = node.name;
  for (int i = 0; part(node.name) != no_node; ++i) node.name = fmt::format("{}-{}", name, i);
  nodes_.push_back(std::move(node));
  return static_cast<NodeIndex>(nodes_.size() - 1);
}

NodeIndex HostDraft::device(NodeKind kind, const std::optional<PciAddress>& pci, std::optional<std::uint32_t> numa) {
  const NodeIndex found = pci ? device_at(*pci) : no_node;
  if (found != no_node) {
    if (nodes_[found].kind == NodeKind::pci_device) nodes_[found].kind = kind;
    return found;
  }
  const NodeIndex near = numa ? this->numa(*numa) : no_node;
  const NodeIndex place = near == no_node ? host_ : near;
  std::uint32_t& number = next_number_[kind];
  while (part(fmt::format("{}{}", name_of(kind), number)) != no_node) ++number;
  const NodeIndex added =
      add(Node{.kind = kind, .parent = place, .pci = pci, .name = fmt::format("{}{}", name_of(kind), number)});
  link_inside(place, added);
  return added;
}

/// From its domain, or from all if that is not known, or from the host if there are none.
void HostDraft::link_inside(NodeIndex place, NodeIndex device) {
  bool is_linked = false;
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].kind != NodeKind::numa || (place != host_ && place != node)) continue;
    add(Link{.from = node, .to = device, .type = LinkType::pcie});
    is_linked = true;
  }
  if (!is_linked) add(Link{.from = place, .to = device, .type = LinkType::pcie});
}

void HostDraft::rename(NodeIndex node, const std::string& name) {
  if (const NodeIndex holder = part(name); holder != no_node) nodes_[holder].name = nodes_[node].name;
  nodes_[node].name = name;
}

void HostDraft::annotate(NodeIndex node, std::string origin, std::string name, std::string value) {
  attributes_.push_back({node, std::move(origin), std::move(name), std::move(value)});
}

NodeIndex HostDraft::part(std::string_view name) const {
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].name == name && node != host_ && nodes_[node].parent != no_node) return node;
  }
  return no_node;
}

NodeIndex HostDraft::device_at(const PciAddress& address) const {
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    const NodeKind kind = nodes_[node].kind;
    const bool is_device = kind != NodeKind::pci_bridge && kind != NodeKind::pci_switch;
    if (nodes_[node].pci == address && is_device) return node;
  }
  return no_node;
}

NodeIndex HostDraft::numa(std::uint32_t number) const {
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].kind == NodeKind::numa && nodes_[node].number == number) return node;
  }
  return no_node;
}

NodeIndex HostDraft::network(std::string_view name) {
  for (NodeIndex node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].parent == no_node && nodes_[node].kind == NodeKind::network_switch && nodes_[node].name == name) {
      return node;
    }
  }
  const bool is_taken = nodes_[host_].name == name;  // by a host that somebody called "ethernet"
  nodes_.push_back(Node{.kind = NodeKind::network_switch, .name = std::string(name) + (is_taken ? "-network" : "")});
  return static_cast<NodeIndex>(nodes_.size() - 1);
}

Result<Topology> HostDraft::build(const std::vector<std::pair<std::string, std::string>>& left_out) && {
  TopologyBuilder builder;
  for (Node& node : nodes_) builder.add(std::move(node));
  for (const Link& link : machine_.links()) builder.add(link);
  for (const Link& link : links_) builder.add(link);
  for (const Attribute& attribute : machine_.attributes()) builder.annotate(attribute);
  for (NodeIndex node = 0; node < machine_.nodes().size(); ++node) {
    for (const Attribute& attribute : machine_.node_attributes(node)) builder.annotate_node(node, attribute);
  }
  for (const Kept& kept : attributes_) builder.annotate_node(kept.node, {kept.origin, kept.name, kept.value});
  for (const auto& [part, reason] : left_out) builder.annotate({"discovery", part, reason});
  return std::move(builder).build();
}

}  // namespace treering::topology
