// Who is next to whom, and what is part of what: made from a topology where it is needed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topology/topology.hpp"

namespace treering::topology {

/// One way of a link, seen from the node where it begins.
struct Arc {
  NodeIndex to = no_node;
  LinkIndex link = no_link;
  bool forward = true;  ///< from the link's `from` to its `to`
};

/// The arcs of every node, in the order of the links. Does not refer to the topology.
class Adjacency {
 public:
  explicit Adjacency(const Topology& topology);
  std::span<const Arc> of(NodeIndex node) const& {
    return std::span(arcs_).subspan(first_[node], first_[node + 1] - first_[node]);
  }
  std::span<const Arc> of(NodeIndex node) && = delete;  // it would outlive what it points into

 private:
  std::vector<std::uint32_t> first_;  // arc of each node, and one more
  std::vector<Arc> arcs_;
};

/// The parts of every node, in the order of the nodes. Does not refer to the topology.
class Containment {
 public:
  explicit Containment(const Topology& topology);
  std::span<const NodeIndex> of(NodeIndex node) const& {
    return std::span(parts_).subspan(first_[node], first_[node + 1] - first_[node]);
  }
  std::span<const NodeIndex> of(NodeIndex node) && = delete;
  /// Nodes that are part of none.
  std::span<const NodeIndex> top() const& { return std::span(parts_).subspan(first_.back()); }
  std::span<const NodeIndex> top() && = delete;

 private:
  std::vector<std::uint32_t> first_;
  std::vector<NodeIndex> parts_;
};

}  // namespace treering::topology
