#include "topology/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "topology/sound.hpp"

namespace treering::topology {
namespace {

std::string problem_of_texts(const Node& node, std::uint32_t limit) {
  if (!is_name(node.name, limit)) {
    return fmt::format(
        "the name '{}' (names are UTF-8 of 1 to {} bytes without '/' and control characters) choose another",
        shown(node.name), limit);
  }
  for (const std::string* text : {&node.identity, &node.model}) {
    if (text->size() > limit || !is_utf8(*text)) {
      return fmt::format("the identity or model '{}' (they are UTF-8 of up to {} bytes) shorten it", shown(*text),
                         limit);
    }
  }
  return "";
}

/// What is wrong whatever the nodes are.
std::string problem_on_its_own(const Link& link) {
  if (link.from == link.to) return "goes nowhere (a link has two ends) leave it out";
  if (link.count == 0u) return "stands for 0 links (then there is none) leave it out, or the number if it is not known";
  if (!link.lane_gts.is_sound()) return "has an impossible rate a lane (rates are finite, not negative) leave it out";
  for (const Capacity& capacity : {link.declared, link.measured}) {
    if (const std::string problem = problem_of(capacity); !problem.empty()) return "has " + problem;
  }
  return "";
}

}  // namespace

TopologyBuilder::TopologyBuilder(const Limits& limits) : limits_(limits) {}

TopologyBuilder::TopologyBuilder(const Topology& topology, const Limits& limits) : limits_(limits) {
  for (const Node& node : topology.nodes()) add(node);
  for (const Link& link : topology.links()) add(link);
  set_grid(topology.grid());
  for (const Attribute& attribute : topology.attributes()) annotate(attribute);
  for (NodeIndex node = 0; node < topology.nodes().size(); ++node) {
    for (const Attribute& attribute : topology.node_attributes(node)) annotate_node(node, attribute);
  }
  for (LinkIndex link = 0; link < topology.links().size(); ++link) {
    for (const Attribute& attribute : topology.link_attributes(link)) annotate_link(link, attribute);
  }
}

void TopologyBuilder::refuse(std::string problem) {
  if (!fault_) fault_ = std::move(problem);
}

std::string TopologyBuilder::problem_of(const Node& node) const {
  const std::vector<Node>& nodes = topology_.nodes_;
  if (nodes.size() >= limits_.nodes) {
    return fmt::format("there are more than {} nodes (topologies are bounded) leave out what does not matter",
                       limits_.nodes);
  }
  if (const std::string problem = problem_of_texts(node, limits_.name_bytes); !problem.empty()) {
    return fmt::format("node {} has {}", nodes.size(), problem);
  }
  return node.parent == no_node ? "" : problem_of_parent(node);
}

std::string TopologyBuilder::problem_of_parent(const Node& node) const {
  const std::vector<Node>& nodes = topology_.nodes_;
  if (node.parent >= nodes.size()) {
    return fmt::format(
        "'{}' is node {} and a part of node {} (what a node is a part of stands before it, so that nothing "
        "contains itself) add the whole before its parts",
        node.name, nodes.size(), node.parent);
  }
  std::uint32_t depth = 1;
  for (NodeIndex whole = node.parent; whole != no_node; whole = nodes[whole].parent) ++depth;
  if (depth > limits_.depth) {
    return fmt::format("'{}' lies {} deep (nodes in nodes are bounded at {}) leave out some that it lies in", node.name,
                       depth, limits_.depth);
  }
  const NodeIndex host = host_of(nodes, node.parent);
  if (node.kind == NodeKind::host && host != no_node) {
    return fmt::format("host '{}' lies in host '{}' (a host is one operating system) put hosts beside each other",
                       node.name, nodes[host].name);
  }
  return "";
}

std::string TopologyBuilder::problem_of(const Link& link) const {
  const std::vector<Node>& nodes = topology_.nodes_;
  const std::size_t number = topology_.links_.size();
  if (number >= limits_.links) {
    return fmt::format("there are more than {} links (topologies are bounded) leave out what does not matter",
                       limits_.links);
  }
  for (const NodeIndex end : {link.from, link.to}) {
    if (end >= nodes.size()) {
      return fmt::format("link {} ends at node {} (there are {} nodes so far) add nodes before their links", number,
                         end, nodes.size());
    }
  }
  std::string problem = problem_on_its_own(link);
  if (problem.empty()) return problem;
  return fmt::format("link {} from '{}' to '{}' {}", number, full_name(nodes, link.from), full_name(nodes, link.to),
                     problem);
}

NodeIndex TopologyBuilder::add(Node node) {
  if (fault_) return 0;
  if (std::string problem = problem_of(node); !problem.empty()) {
    refuse(std::move(problem));
    return 0;
  }
  topology_.nodes_.push_back(std::move(node));
  const auto index = static_cast<NodeIndex>(topology_.nodes_.size() - 1);
  if (!names_.add_last(topology_.nodes_)) {
    refuse(fmt::format("the name '{}' is taken (names tell nodes apart) choose another",
                       full_name(topology_.nodes_, index)));
  }
  return index;
}

LinkIndex TopologyBuilder::add(Link link) {
  if (fault_) return 0;
  if (std::string problem = problem_of(link); !problem.empty()) {
    refuse(std::move(problem));
    return 0;
  }
  topology_.links_.push_back(link);
  return static_cast<LinkIndex>(topology_.links_.size() - 1);
}

void TopologyBuilder::annotate(const Attribute& attribute) {
  annotate(AttributeCollector::Owner::topology, 0, 1, attribute);
}

void TopologyBuilder::annotate_node(NodeIndex node, const Attribute& attribute) {
  annotate(AttributeCollector::Owner::node, node, topology_.nodes_.size(), attribute);
}

void TopologyBuilder::annotate_link(LinkIndex link, const Attribute& attribute) {
  annotate(AttributeCollector::Owner::link, link, topology_.links_.size(), attribute);
}

void TopologyBuilder::annotate(AttributeCollector::Owner owner, std::uint32_t index, std::size_t owners,
                               const Attribute& attribute) {
  if (fault_) return;
  if (index >= owners) {
    return refuse(fmt::format("the attribute '{}' belongs to number {} of {} (that is not there) add its owner first",
                              shown(attribute.name), index, owners));
  }
  for (const std::string_view text : {attribute.origin, attribute.name, attribute.value}) {
    if (text.size() > limits_.attribute_bytes || !is_utf8(text)) {
      return refuse(fmt::format("the attribute '{}' holds '{}' (attributes are UTF-8 of up to {} bytes) shorten it",
                                shown(attribute.name), shown(text), limits_.attribute_bytes));
    }
  }
  attributes_.add(owner, index, attribute);
  if (attributes_.size() > limits_.attributes || attributes_.texts_bytes() > limits_.texts_bytes) {
    refuse(fmt::format(
        "there are more than {} attributes, or {} bytes of them (topologies are bounded) leave out what does "
        "not matter",
        limits_.attributes, limits_.texts_bytes));
  }
}

void TopologyBuilder::set_grid(Grid grid) {
  std::uint64_t cells = 1;
  for (const std::uint32_t extent : grid.extents) {
    if (extent == 0) return refuse("the grid has an extent of 0 (it would have no cells) give extents of at least 1");
    cells = std::min<std::uint64_t>(cells * extent, no_cell);
  }
  if (cells >= no_cell) return refuse("the grid has 2^32 - 1 cells or more (cells are 32-bit numbers) make it smaller");
  topology_.grid_ = std::move(grid);
}

Result<Topology> TopologyBuilder::build() && {
  std::uint64_t cells = topology_.grid_.extents.empty() ? 0 : 1;
  for (const std::uint32_t extent : topology_.grid_.extents) cells *= extent;
  for (const Node& node : topology_.nodes_) {
    if (node.cell != no_cell && node.cell >= cells) {
      refuse(
          fmt::format("'{}' lies in cell {} (the grid has {}) give it one that there is", node.name, node.cell, cells));
    }
  }
  if (fault_) return Error{Code::invalid_argument, *std::move(fault_)};
  topology_.attributes_ = std::move(attributes_)
                              .table(static_cast<std::uint32_t>(topology_.nodes_.size()),
                                     static_cast<std::uint32_t>(topology_.links_.size()));
  return std::move(topology_);
}

}  // namespace treering::topology
