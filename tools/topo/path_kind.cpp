// Paths in the words of `nvidia-smi topo -m`.
#include <fmt/format.h>

#include <algorithm>

#include "tools/topo/paths.hpp"

namespace treering::topo {
namespace {

using topology::LinkType;
using topology::NodeKind;

/// What is on a path: links by type, and what lies between its ends.
struct Content {
  bool network = false, c2c = false, xgmi = false, nvlink = false, pcie = false, memory = false, other = false;
  int domains = 0;            // NUMA domains, sockets and hosts, the ends included
  int host_bridges = 0;       // PCIe bridges next to one of these
  int pcie_passed = 0;        // PCIe bridges and switches
  std::uint32_t nvlinks = 0;  // the least number side by side; 0: unknown
};

bool is_processor(NodeKind kind) {
  return kind == NodeKind::numa || kind == NodeKind::package || kind == NodeKind::host;
}

void count_link(Content& content, const topology::Link& link) {
  switch (link.type) {
    case LinkType::nvlink:
      content.nvlinks = content.nvlink ? std::min(content.nvlinks, link.count.value_or(0)) : link.count.value_or(0);
      content.nvlink = true;
      break;
    case LinkType::xgmi: content.xgmi = true; break;
    case LinkType::c2c: content.c2c = true; break;
    case LinkType::pcie: content.pcie = true; break;
    case LinkType::memory: content.memory = true; break;
    case LinkType::other: content.other = true; break;
    default: content.network = true; break;
  }
}

Content content_of(const Topology& topology, const Path& path) {
  Content content;
  NodeKind before = topology.node(path.start).kind;
  content.domains += is_processor(before);
  for (const Arc& arc : path.arcs) {
    const NodeKind kind = topology.node(arc.to).kind;
    count_link(content, topology.link(arc.link));
    content.domains += is_processor(kind);
    content.host_bridges += (kind == NodeKind::pci_bridge && is_processor(before)) ||
                            (is_processor(kind) && before == NodeKind::pci_bridge);
    content.pcie_passed += kind == NodeKind::pci_bridge || kind == NodeKind::pci_switch;
    before = kind;
  }
  return content;
}

}  // namespace

std::string kind_of(const Topology& topology, const Path& path) {
  if (path.arcs.empty()) return "X";
  const Content content = content_of(topology, path);
  if (content.network) return "NET";
  if (content.domains > 1) return "SYS";
  if (content.pcie && content.domains == 1) return content.host_bridges > 1 ? "NODE" : "PHB";
  if (content.pcie) return content.pcie_passed > 1 ? "PXB" : "PIX";
  if (content.nvlink) return content.nvlinks > 0 ? fmt::format("NV{}", content.nvlinks) : "NV";
  if (content.xgmi) return "XGMI";
  return content.c2c ? "C2C" : content.memory ? "MEM" : "OTHER";
}

}  // namespace treering::topo
