#include "planning/flow_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace treering {

std::vector<NodeIndex> ranks_of(const FlowGraph& graph) {
  std::vector<NodeIndex> ranks;
  for (NodeIndex node = 0; node < graph.nodes.size(); ++node)
    if (graph.nodes[node].computes) ranks.push_back(node);
  return ranks;
}

std::string full_name(const FlowNode& node) {
  const std::string& name = node.name.empty() ? node.kind : node.name;
  return node.group.empty() ? name : name + " of " + node.group;
}

FlowGraph reversed(FlowGraph graph) {
  for (FlowEdge& edge : graph.edges) std::swap(edge.from, edge.to);
  return graph;
}

std::vector<Capacity> capacities_into(const FlowGraph& graph) {
  std::vector<Capacity> sums(graph.nodes.size());
  for (const FlowEdge& edge : graph.edges) sums[edge.to] += edge.capacity;
  return sums;
}

std::vector<Capacity> capacities_out_of(const FlowGraph& graph) {
  std::vector<Capacity> sums(graph.nodes.size());
  for (const FlowEdge& edge : graph.edges) sums[edge.from] += edge.capacity;
  return sums;
}

bool is_balanced(const FlowGraph& graph) {
  return capacities_into(graph) == capacities_out_of(graph);
}

bool is_symmetric(const FlowGraph& graph) {
  std::map<std::pair<NodeIndex, NodeIndex>, Capacity> surplus;  // towards the second node, which has the larger index
  for (const FlowEdge& edge : graph.edges)
    surplus[std::minmax(edge.from, edge.to)] += edge.from < edge.to ? edge.capacity : -edge.capacity;
  return std::ranges::all_of(surplus, [](const auto& pair) { return pair.second == 0; });
}

bool switches_can_fill_their_links(const FlowGraph& graph) {
  const auto into = capacities_into(graph);
  const auto out_of = capacities_out_of(graph);
  for (NodeIndex node = 0; node < graph.nodes.size(); ++node)
    if (!graph.nodes[node].computes && into[node] < out_of[node]) return false;
  return true;
}

Result<void> validate(const FlowGraph& graph) {
  const auto ranks = static_cast<Capacity>(ranks_of(graph).size());
  if (ranks < 2)
    return Error{Code::invalid_argument,
                 fmt::format("no bound for {} ranks (nothing is sent) give at least two nodes that compute", ranks)};
  Capacity sum = 0;
  for (EdgeIndex i = 0; i < graph.edges.size(); ++i) {
    const auto& [from, to, capacity] = graph.edges[i];
    if (std::max(from, to) >= graph.nodes.size())
      return Error{Code::invalid_argument, fmt::format("link {} leads from node {} to node {} (there are {} nodes) add "
                                                       "the node, or leave the link out",
                                                       i, from, to, graph.nodes.size())};
    const auto refused = [&](std::string_view why) {
      return Error{Code::invalid_argument,
                   fmt::format("link {} from {} to {} has capacity {} {}", i, full_name(graph.nodes[from]),
                               full_name(graph.nodes[to]), capacity, why)};
    };
    if (from == to) return refused("(it leads to where it starts) leave it out");
    if (capacity < 0) return refused("(it is negative) give 0 to a link that is down");
    if (capacity > most_capacity / ranks - sum)
      return refused("(all links of all ranks together no longer fit in 59 bits) give capacities in a larger unit");
    sum += capacity;
  }
  return {};
}

}  // namespace treering
