// A topology for Graphviz.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/topo/picture.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::NodeKind;

std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string_view colour_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::gpu: return "#c6e5b9";
    case NodeKind::nic:
    case NodeKind::port: return "#f6d9a8";
    case NodeKind::nvswitch:
    case NodeKind::pci_switch:
    case NodeKind::pci_bridge: return "#e3e3e3";
    case NodeKind::network_switch: return "#bcd6ee";
    default: return "#ffffff";
  }
}

class Dot {
 public:
  explicit Dot(const Topology& topology) : topology_(topology), parts_(topology) {
    linked_.resize(topology.nodes().size());
    for (const topology::Link& link : topology.links()) linked_[link.from] = linked_[link.to] = true;
  }

  std::string text() && {
    text_ = "graph topology {\n  node [shape=box, style=filled, fontname=\"Helvetica\"];\n";
    for (const NodeIndex node : parts_.top()) add(node, 1);
    for (topology::LinkIndex i = 0; i < topology_.links().size(); ++i) add_link(i);
    return std::move(text_) + "}\n";
  }

 private:
  void add(NodeIndex index, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    const topology::Node& node = topology_.node(index);
    const auto parts = parts_.of(index);
    if (parts.empty() || linked_[index])
      text_ += fmt::format("{}{} [label={}, fillcolor=\"{}\"];\n", indent, quoted(name_of(topology_, index)),
                           quoted(node.name), colour_of(node.kind));
    if (parts.empty()) return;
    text_ += fmt::format("{}subgraph {} {{\n{}  label={};\n", indent, quoted(fmt::format("cluster{}", index)), indent,
                         quoted(node.name));
    for (const NodeIndex part : parts) add(part, depth + 1);
    text_ += indent + "}\n";
  }

  void add_link(topology::LinkIndex index) {
    const topology::Link& link = topology_.link(index);
    const topology::Capacity capacity = topology::capacity(link);
    const Figure forward = capacity.forward_gbs, back = capacity.back_gbs;
    const std::string label = forward == back ? text_of(forward) : text_of(forward) + "/" + text_of(back);
    const double gbs = std::max(forward.value_or(0), back.value_or(0));
    text_ += fmt::format("  {} -- {} [label={}, penwidth={:.2f}{}];\n", quoted(name_of(topology_, link.from)),
                         quoted(name_of(topology_, link.to)), quoted(label), 1 + std::log2(1 + gbs) / 2,
                         forward.is_known() || back.is_known() ? "" : ", style=dashed");
  }

  const Topology& topology_;
  const topology::Containment parts_;
  std::vector<bool> linked_;  // of every node, whether a link ends at it
  std::string text_;
};

}  // namespace

std::string dot_text(const Topology& topology) {
  return Dot(topology).text();
}

}  // namespace treering::topo
