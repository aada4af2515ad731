#include "planning/bottleneck.hpp"

#include <algorithm>
#include <utility>

namespace treering {
namespace {

std::vector<NodeIndex> nodes_in(const NodeSet& set) {
  std::vector<NodeIndex> nodes;
  for (NodeIndex node = 0; node < set.size(); ++node)
    if (set[node]) nodes.push_back(node);
  return nodes;
}

/// All nodes outside of `set` that links join to `start`, whichever way they lead.
NodeSet joined_outside(const FlowGraph& graph, const NodeSet& set, NodeIndex start) {
  std::vector<std::vector<NodeIndex>> beside(graph.nodes.size());
  for (const FlowEdge& edge : graph.edges) {
    if (edge.capacity == 0 || set[edge.from] || set[edge.to]) continue;
    beside[edge.from].push_back(edge.to);
    beside[edge.to].push_back(edge.from);
  }
  NodeSet joined(graph.nodes.size());
  std::vector<NodeIndex> open{start};
  joined[start] = true;
  while (!open.empty()) {
    const NodeIndex node = open.back();
    open.pop_back();
    for (const NodeIndex other : beside[node]) {
      if (joined[other]) continue;
      joined[other] = true;
      open.push_back(other);
    }
  }
  return joined;
}

std::ptrdiff_t size_of(const NodeSet& set) {
  return std::ranges::count(set, true);
}

struct Side {
  NodeSet nodes;
  bool inwards;
};

/// The smallest of: the set, and each connected part of the rest that has something to send or to get. Such a part is
/// as tight as the rest altogether, since links into the set, and what it needs, add up over the parts.
Side smallest_side(const FlowGraph& graph, const NodeSet& set, bool inwards, const std::vector<NodeIndex>& others) {
  Side smallest{set, inwards};
  NodeSet seen(set.size());
  for (const NodeIndex node : others) {
    if (set[node] || seen[node]) continue;
    NodeSet part = joined_outside(graph, set, node);
    unite(seen, part);
    if (size_of(part) < size_of(smallest.nodes)) smallest = {std::move(part), !inwards};
  }
  return smallest;
}

}  // namespace

Bottleneck bottleneck_between(const FlowGraph& graph, const std::vector<NodeSet>& parts, bool inwards) {
  Bottleneck found;
  found.inwards = inwards;
  for (const NodeSet& part : parts) found.parts.push_back(nodes_in(part));
  for (EdgeIndex i = 0; i < graph.edges.size(); ++i) {
    const FlowEdge& edge = graph.edges[i];
    const NodeIndex inside = inwards ? edge.to : edge.from;
    const NodeIndex outside = inwards ? edge.from : edge.to;
    const bool crosses =
        std::ranges::any_of(parts, [&](const NodeSet& part) { return part[inside] && !part[outside]; });
    if (!crosses || edge.capacity == 0) continue;
    found.edges.push_back(i);
    found.capacity += edge.capacity;
  }
  found.words = words_for(graph, found.edges);
  return found;
}

Bottleneck bottleneck_at_one_of(const FlowGraph& graph, const std::vector<NodeSet>& sets, bool inwards,
                                const std::vector<NodeIndex>& others) {
  Side smallest = smallest_side(graph, sets.front(), inwards, others);
  for (std::size_t i = 1; i < sets.size(); ++i)
    if (Side side = smallest_side(graph, sets[i], inwards, others); size_of(side.nodes) < size_of(smallest.nodes))
      smallest = std::move(side);
  Bottleneck found = bottleneck_between(graph, {smallest.nodes}, smallest.inwards);
  found.alike = sets.size() - 1;
  return found;
}

}  // namespace treering
