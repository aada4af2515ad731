#include "topology/hwloc/links.hpp"

#include <span>
#include <vector>

namespace treering::topology {
namespace {

bool is_of_pci(NodeKind kind) {
  return kind == NodeKind::pci_bridge || kind == NodeKind::pci_switch;
}

/// A core, or a hardware thread where the file has no cores around it.
bool computes(const std::vector<Node>& nodes, NodeIndex node) {
  if (nodes[node].kind == NodeKind::core) return true;
  if (nodes[node].kind != NodeKind::thread) return false;
  for (NodeIndex around = nodes[node].parent; around != no_node; around = nodes[around].parent) {
    if (nodes[around].kind == NodeKind::core) return false;
  }
  return true;
}

/// Whether it is reached over PCI: by its address, or as the adapter of an interface that lies on no PCI bus.
bool is_device(const Node& node) {
  return node.pci || is_of_pci(node.kind) || node.kind == NodeKind::nic;
}

void add_links_to_memory(const HwlocObjects& objects, NodeIndex node, const Link& link, TopologyBuilder& builder) {
  for (const NodeIndex memory : objects.memory_near(node)) {
    Link to_memory = link;
    to_memory.from = memory;
    to_memory.to = node;
    builder.add(to_memory);
    if (builder.fault()) return;
  }
}

void add_links_between_memories(const HwlocObjects& objects, TopologyBuilder& builder) {
  const std::span<const NodeIndex> memory = objects.memory();
  for (std::size_t i = 0; i < memory.size() && !builder.fault(); ++i) {
    const NodeIndex host = host_of(builder.nodes(), memory[i]);
    for (std::size_t j = 0; j < i && !builder.fault(); ++j) {
      if (host_of(builder.nodes(), memory[j]) != host) continue;
      builder.add(Link{.from = memory[j], .to = memory[i], .type = LinkType::memory});
    }
  }
}

}  // namespace

void add_links(const HwlocObjects& objects, TopologyBuilder& builder) {
  add_links_between_memories(objects, builder);
  for (NodeIndex node = 0; node < objects.size() && !builder.fault(); ++node) {
    const Node& self = builder.nodes()[node];
    if (computes(builder.nodes(), node)) {
      add_links_to_memory(objects, node, Link{.type = LinkType::memory}, builder);
    } else if (is_device(self) && self.parent != no_node) {
      const bool is_plugged = is_of_pci(builder.nodes()[self.parent].kind);
      Link link{.type = LinkType::pcie, .declared = both_ways(pci_gbs(objects.element(node)))};
      if (is_host_bridge(objects.element(node))) link.type = LinkType::memory;
      if (is_plugged) {
        link.from = self.parent;
        link.to = node;
        builder.add(link);
      } else {
        add_links_to_memory(objects, node, link, builder);
      }
    }
  }
}

}  // namespace treering::topology
