#include "planning/rank_network.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace treering {
namespace {

/// One pipe for all links between two nodes, either way.
std::vector<Pipe> pipes_of(const FlowGraph& graph) {
  std::map<std::pair<NodeIndex, NodeIndex>, std::size_t> known;
  std::vector<Pipe> pipes;
  for (const FlowEdge& edge : graph.edges) {
    const auto [entry, is_new] = known.try_emplace(std::minmax(edge.from, edge.to), pipes.size());
    if (is_new) pipes.push_back({edge.from, edge.to, 0, 0});
    Pipe& pipe = pipes[entry->second];
    (pipe.from == edge.from ? pipe.forwards : pipe.backwards) += edge.capacity;
  }
  return pipes;
}

std::vector<Pipe> with_ends(std::vector<Pipe> pipes, const std::vector<NodeIndex>& ranks, NodeIndex source,
                            NodeIndex sink) {
  for (const NodeIndex node : ranks) pipes.push_back({source, node, 0, 0});
  for (const NodeIndex node : ranks) pipes.push_back({node, sink, 0, 0});
  return pipes;
}

}  // namespace

void unite(NodeSet& set, const NodeSet& with) {
  std::transform(set.begin(), set.end(), with.begin(), set.begin(), std::logical_or<>());
}

Capacity capacity_into(const FlowGraph& graph, const NodeSet& set) {
  Capacity sum = 0;
  for (const FlowEdge& edge : graph.edges)
    if (!set[edge.from] && set[edge.to]) sum += edge.capacity;
  return sum;
}

RankNetwork::RankNetwork(const FlowGraph& graph)
    : ranks_(ranks_of(graph)),
      source_(static_cast<NodeIndex>(graph.nodes.size())),
      sink_(source_ + 1),
      links_(pipes_of(graph)),
      first_source_(links_.size()),
      first_sink_(first_source_ + ranks_.size()),
      flow_(graph.nodes.size() + 2, with_ends(links_, ranks_, source_, sink_)) {}

void RankNetwork::scale_links(std::int64_t factor) {
  for (std::size_t i = 0; i < links_.size(); ++i)
    flow_.set_capacity(i, factor * links_[i].forwards, factor * links_[i].backwards);
}

NodeSet RankNetwork::sink_side() const {
  NodeSet side = flow_.sink_side();
  side.resize(source_);
  return side;
}

}  // namespace treering
