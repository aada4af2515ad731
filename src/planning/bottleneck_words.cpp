// Links in a few words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "planning/bottleneck.hpp"

namespace treering {
namespace {

std::string plural(const std::string& noun) {
  const bool hisses = noun.ends_with('s') || noun.ends_with('x') || noun.ends_with("ch") || noun.ends_with("sh");
  return noun + (hisses ? "es" : "s");
}

/// "host 0, host 1, host 2 and 13 more".
std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most_named = 3;
  if (names.size() <= most_named) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most_named, ", "),
                     names.size() - most_named);
}

/// Of a node's capacity in one direction, the share that some links have.
class Shares {
 public:
  Shares(const FlowGraph& graph, const std::vector<EdgeIndex>& edges)
      : graph_(graph), into_(capacities_into(graph)), out_of_(capacities_out_of(graph)) {
    FlowGraph chosen{graph.nodes, {}};
    for (const EdgeIndex i : edges) chosen.edges.push_back(graph.edges[i]);
    chosen_into_ = capacities_into(chosen);
    chosen_out_of_ = capacities_out_of(chosen);
  }

  /// The end for which the links are the larger part of all it has; if equal, the rank rather than a switch.
  NodeIndex busier_end(const FlowEdge& edge) const {
    const auto from = std::pair(share(chosen_out_of_[edge.from], out_of_[edge.from]), graph_.nodes[edge.from].computes);
    const auto to = std::pair(share(chosen_into_[edge.to], into_[edge.to]), graph_.nodes[edge.to].computes);
    return from > to ? edge.from : edge.to;
  }

 private:
  static double share(Capacity some, Capacity all) { return static_cast<double>(some) / static_cast<double>(all); }

  const FlowGraph& graph_;
  std::vector<Capacity> into_, out_of_, chosen_into_, chosen_out_of_;
};

/// Nodes of one kind in one group.
struct Members {
  std::string kind;
  std::string group;
  std::vector<NodeIndex> nodes;
};

/// In the order of their first nodes: "host 2" comes before "host 10".
std::vector<Members> members_among(const FlowGraph& graph, const std::vector<NodeIndex>& nodes) {
  std::map<std::pair<std::string, std::string>, std::size_t> known;
  std::vector<Members> members;
  for (const NodeIndex node : nodes) {
    const auto& [name, kind, group, computes] = graph.nodes[node];
    const auto [entry, is_new] = known.try_emplace({kind, group}, members.size());
    if (is_new) members.push_back({kind, group, {}});
    members[entry->second].nodes.push_back(node);
  }
  return members;
}

/// The ends by which the links are named, each once.
std::vector<NodeIndex> ends_of(const FlowGraph& graph, const std::vector<EdgeIndex>& edges) {
  const Shares shares(graph, edges);
  std::vector<NodeIndex> ends;
  for (const EdgeIndex i : edges) ends.push_back(shares.busier_end(graph.edges[i]));
  std::ranges::sort(ends);
  const auto rest = std::ranges::unique(ends);
  ends.erase(rest.begin(), rest.end());
  return ends;
}

std::string of_group(const std::string& group) {
  return group.empty() ? "" : " of " + group;
}

}  // namespace

std::string words_for(const FlowGraph& graph, const std::vector<EdgeIndex>& edges) {
  std::vector<NodeIndex> all(graph.nodes.size());
  std::iota(all.begin(), all.end(), NodeIndex{0});
  std::map<std::pair<std::string, std::string>, std::size_t> members;
  for (const Members& of : members_among(graph, all)) members[{of.kind, of.group}] = of.nodes.size();

  std::vector<std::string> phrases;
  std::map<std::string, std::vector<std::string>> whole_groups;  // of each kind
  for (const auto& [kind, group, some] : members_among(graph, ends_of(graph, edges))) {
    const std::size_t most = members.at({kind, group});
    if (some.size() == 1)
      phrases.push_back(full_name(graph.nodes[some.front()]));
    else if (some.size() < most)
      phrases.push_back(fmt::format("{} of the {} {}{}", some.size(), most, plural(kind), of_group(group)));
    else
      whole_groups[kind].push_back(group);
  }
  for (const auto& [kind, groups] : whole_groups) phrases.push_back(plural(kind) + of_group(list_of(groups)));
  return list_of(phrases);
}

}  // namespace treering
