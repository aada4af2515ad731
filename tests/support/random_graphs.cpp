#include "support/random_graphs.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace treering::test {
namespace {

Capacity some_capacity(std::mt19937& random) {
  return static_cast<Capacity>(random() % 9 + 1);
}

/// A circle through some of the nodes in random order.
void add_circle(std::mt19937& random, FlowGraph& graph, std::size_t length) {
  std::vector<NodeIndex> order(graph.nodes.size());
  std::iota(order.begin(), order.end(), NodeIndex{0});
  std::ranges::shuffle(order, random);
  const Capacity capacity = some_capacity(random);
  for (std::size_t i = 0; i < length; ++i) graph.edges.push_back({order[i], order[(i + 1) % length], capacity});
}

}  // namespace

FlowGraph random_graph(std::mt19937& random, Rank ranks, int switches, Balance balance) {
  FlowGraph graph;
  const std::size_t nodes = ranks + switches;
  for (std::size_t node = 0; node < nodes; ++node)
    graph.nodes.push_back({std::to_string(node), "node", "", node < static_cast<std::size_t>(ranks)});
  std::ranges::shuffle(graph.nodes, random);
  add_circle(random, graph, nodes);
  for (std::size_t i = random() % (nodes + 1); i > 0; --i) {
    const auto from = static_cast<NodeIndex>(random() % nodes);
    const auto to = static_cast<NodeIndex>(random() % nodes);
    if (balance == Balance::balanced || (balance == Balance::fillable && random() % 2 == 0))
      add_circle(random, graph, 2 + random() % (nodes - 1));
    else if (from != to && (balance != Balance::fillable || graph.nodes[from].computes))
      graph.edges.push_back({from, to, some_capacity(random)});
  }
  if (balance != Balance::symmetric) return graph;
  for (std::size_t i = graph.edges.size(); i-- > 0;) {
    const auto [from, to, capacity] = graph.edges[i];
    graph.edges.push_back({to, from, capacity});
  }
  return graph;
}

}  // namespace treering::test
