// Who can reach whom in a flow graph.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "planning/flow_graph.hpp"

namespace treering {
namespace {

/// The ranks to which no path of links leads from `start`.
std::vector<NodeIndex> beyond_reach(const FlowGraph& graph, NodeIndex start) {
  std::vector<std::vector<NodeIndex>> next(graph.nodes.size());
  for (const FlowEdge& edge : graph.edges)
    if (edge.capacity > 0) next[edge.from].push_back(edge.to);
  std::vector<bool> reached(graph.nodes.size());
  std::vector<NodeIndex> open{start};
  reached[start] = true;
  while (!open.empty()) {
    const NodeIndex node = open.back();
    open.pop_back();
    for (const NodeIndex other : next[node]) {
      if (reached[other]) continue;
      reached[other] = true;
      open.push_back(other);
    }
  }
  std::vector<NodeIndex> missed = ranks_of(graph);
  std::erase_if(missed, [&](NodeIndex rank) { return reached[rank]; });
  return missed;
}

/// "GPU 0 of host 1, GPU 1 of host 1, GPU 2 of host 1 and 5 more".
std::string list_of(const FlowGraph& graph, const std::vector<NodeIndex>& nodes) {
  constexpr std::size_t most_named = 3;
  std::string list;
  for (std::size_t i = 0; i < std::min(nodes.size(), most_named); ++i)
    list += (i > 0 ? ", " : "") + full_name(graph.nodes[nodes[i]]);
  if (nodes.size() > most_named) list += fmt::format(" and {} more", nodes.size() - most_named);
  return list;
}

Error unreachable(const std::string& from, const std::string& to) {
  return {
      Code::invalid_argument,
      fmt::format("{} cannot reach {} (no path of links leads there) add the missing links, or leave these ranks out",
                  from, to)};
}

}  // namespace

Result<void> validate_reach_from(const FlowGraph& graph, NodeIndex root) {
  const auto missed = beyond_reach(graph, root);
  if (missed.empty()) return {};
  return unreachable(full_name(graph.nodes[root]), list_of(graph, missed));
}

Result<void> validate_reach_to(const FlowGraph& graph, NodeIndex root) {
  const auto missed = beyond_reach(reversed(graph), root);
  if (missed.empty()) return {};
  return unreachable(list_of(graph, missed), full_name(graph.nodes[root]));
}

// All reach each other if all reach one and that one reaches all.
Result<void> validate_reach(const FlowGraph& graph) {
  const NodeIndex first = ranks_of(graph).front();
  if (auto reach = validate_reach_from(graph, first); !reach) return reach;
  return validate_reach_to(graph, first);
}

}  // namespace treering
