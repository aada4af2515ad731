// What data can flow through: ranks and switches, and directed links with a capacity. The input of every bound.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {

/// Of a link in one direction, in a unit of the caller's choice (MB/s, say); bounds come out in the same unit.
using Capacity = std::int64_t;

/// The place of a node in `FlowGraph::nodes`, or of a link in `FlowGraph::edges`.
using NodeIndex = std::uint32_t;
using EdgeIndex = std::uint32_t;

/// Somewhere that data passes. Ranks are numbered in the order of the nodes that compute.
struct FlowNode {
  std::string name;       ///< for people, within its group: "GPU 3"
  std::string kind;       ///< a noun in the singular: "GPU", "NIC", "switch"
  std::string group;      ///< what it is a part of: "host 3"; may be empty
  bool computes = false;  ///< a rank: sends, receives, copies, reduces; any other node only passes on what it gets
};

/// A link in one direction; a cable is two of them. Links side by side add up.
struct FlowEdge {
  NodeIndex from = 0;
  NodeIndex to = 0;
  Capacity capacity = 0;
};

struct FlowGraph {
  std::vector<FlowNode> nodes;
  std::vector<FlowEdge> edges;
};

/// The nodes that compute, in order: element r is rank r.
std::vector<NodeIndex> ranks_of(const FlowGraph& graph);

/// "GPU 3 of host 1".
std::string full_name(const FlowNode& node);

/// The same links the other way round; indices stay.
FlowGraph reversed(FlowGraph graph);

/// The capacity into each node, or out of each.
std::vector<Capacity> capacities_into(const FlowGraph& graph);
std::vector<Capacity> capacities_out_of(const FlowGraph& graph);

/// As much comes into every node as leaves it. Then as much enters every set of nodes as leaves it.
bool is_balanced(const FlowGraph& graph);

/// Between any two nodes there is the same capacity both ways.
bool is_symmetric(const FlowGraph& graph);

/// As much comes into every switch as leaves it, or more.
bool switches_can_fill_their_links(const FlowGraph& graph);

/// The largest `ranks * sum of all capacities` for which bounds are exact in 64 bits.
inline constexpr Capacity most_capacity = Capacity{1} << 59;

/// Refuses links that lead nowhere or from a node to itself, negative and too large capacities, and less than two
/// ranks. The message names the link.
Result<void> validate(const FlowGraph& graph);

/// Refuses a graph in which a rank cannot reach another. The message says who cannot reach whom.
Result<void> validate_reach(const FlowGraph& graph);

/// The same for what one rank sends to all others.
Result<void> validate_reach_from(const FlowGraph& graph, NodeIndex root);

/// The same for what all ranks send to one.
Result<void> validate_reach_to(const FlowGraph& graph, NodeIndex root);

}  // namespace treering
