#include "support/sample_graphs.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace treering::test {
namespace {

constexpr int gpus_a_host = 8;

std::string numbered(const char* word, int number) {
  return std::string(word) + " " + std::to_string(number);
}

std::vector<NodeIndex> unnamed_ranks(GraphBuilder& made, Rank ranks) {
  std::vector<NodeIndex> nodes;
  for (Rank rank = 0; rank < ranks; ++rank) nodes.push_back(made.rank(numbered("GPU", rank)));
  return nodes;
}

}  // namespace

NodeIndex GraphBuilder::rank(std::string name, std::string kind, std::string group) {
  graph_.nodes.push_back({std::move(name), std::move(kind), std::move(group), true});
  return static_cast<NodeIndex>(graph_.nodes.size() - 1);
}

NodeIndex GraphBuilder::relay(std::string name, std::string kind, std::string group) {
  const NodeIndex node = rank(std::move(name), std::move(kind), std::move(group));
  graph_.nodes[node].computes = false;
  return node;
}

GraphBuilder& GraphBuilder::link(NodeIndex from, NodeIndex to, Capacity capacity) {
  graph_.edges.push_back({from, to, capacity});
  return *this;
}

GraphBuilder& GraphBuilder::cable(NodeIndex a, NodeIndex b, Capacity capacity) {
  return link(a, b, capacity).link(b, a, capacity);
}

FlowGraph ring_graph(Rank ranks, Capacity capacity, bool both_ways) {
  GraphBuilder made;
  const auto nodes = unnamed_ranks(made, ranks);
  for (Rank rank = 0; rank < ranks; ++rank) {
    const NodeIndex next = nodes[(rank + 1) % ranks];
    made.link(nodes[rank], next, capacity);
    if (both_ways) made.link(next, nodes[rank], capacity);
  }
  return made.graph();
}

FlowGraph path_graph(Rank ranks, Capacity capacity) {
  GraphBuilder made;
  const auto nodes = unnamed_ranks(made, ranks);
  for (Rank rank = 1; rank < ranks; ++rank) made.cable(nodes[rank - 1], nodes[rank], capacity);
  return made.graph();
}

FlowGraph star_graph(std::span<const Capacity> ports) {
  GraphBuilder made;
  const NodeIndex center = made.relay("switch 0");
  for (const NodeIndex node : unnamed_ranks(made, static_cast<Rank>(ports.size())))
    made.cable(node, center, ports[node - center - 1]);
  return made.graph();
}

FlowGraph torus_graph(const std::vector<Rank>& sides, Capacity capacity) {
  Rank ranks = 1;
  for (const Rank side : sides) ranks *= side;
  GraphBuilder made;
  const auto nodes = unnamed_ranks(made, ranks);
  Rank stride = 1;
  for (const Rank side : sides) {
    for (Rank rank = 0; rank < ranks; ++rank) {
      const bool last = rank / stride % side == side - 1;
      made.cable(nodes[rank], nodes[last ? rank - (side - 1) * stride : rank + stride], capacity);
    }
    stride *= side;
  }
  return made.graph();
}

// NVIDIA DGX-1 with Tesla V100, system architecture white paper: single and double links of the hybrid cube mesh.
FlowGraph cube_mesh_graph(Capacity link) {
  constexpr std::array<std::array<int, 3>, 16> cables{{{0, 1, 1},
                                                       {0, 2, 1},
                                                       {0, 3, 2},
                                                       {0, 4, 2},
                                                       {1, 2, 2},
                                                       {1, 3, 1},
                                                       {1, 5, 2},
                                                       {2, 3, 2},
                                                       {2, 6, 1},
                                                       {3, 7, 1},
                                                       {4, 5, 1},
                                                       {4, 6, 1},
                                                       {4, 7, 2},
                                                       {5, 6, 2},
                                                       {5, 7, 1},
                                                       {6, 7, 2}}};
  GraphBuilder made;
  const auto nodes = unnamed_ranks(made, gpus_a_host);
  for (const auto& [a, b, links] : cables) made.cable(nodes[a], nodes[b], links * link);
  return made.graph();
}

FlowGraph cluster_graph(int hosts, Capacity nvlink, Capacity nic) {
  GraphBuilder made;
  const NodeIndex network = made.relay("network switch");
  for (int host = 0; host < hosts; ++host) {
    const std::string group = numbered("host", host);
    const NodeIndex nvswitch = made.relay("NVSwitch", "NVSwitch", group);
    for (int i = 0; i < gpus_a_host; ++i) {
      const NodeIndex gpu = made.rank(numbered("GPU", i), "GPU", group);
      const NodeIndex port = made.relay(numbered("NIC", i), "NIC", group);
      made.cable(gpu, nvswitch, nvlink).cable(gpu, port, nic).cable(port, network, nic);
    }
  }
  return made.graph();
}

FlowGraph rail_cluster_graph(int hosts, Capacity nvlink, Capacity pcie, Capacity nic) {
  constexpr int spines = 4;
  GraphBuilder made;
  std::vector<NodeIndex> leaves;
  for (int i = 0; i < gpus_a_host; ++i) leaves.push_back(made.relay(numbered("leaf", i), "leaf switch", "the network"));
  for (int spine = 0; spine < spines; ++spine) {
    const NodeIndex node = made.relay(numbered("spine", spine), "spine switch", "the network");
    for (const NodeIndex leaf : leaves) made.cable(leaf, node, hosts * nic / spines);
  }
  for (int host = 0; host < hosts; ++host) {
    const std::string group = numbered("host", host);
    const NodeIndex nvswitch = made.relay("NVSwitch", "NVSwitch", group);
    for (int i = 0; i < gpus_a_host; ++i) {
      const NodeIndex gpu = made.rank(numbered("GPU", i), "GPU", group);
      const NodeIndex bridge = made.relay(numbered("PCIe switch", i), "PCIe switch", group);
      const NodeIndex port = made.relay(numbered("NIC", i), "NIC", group);
      made.cable(gpu, nvswitch, nvlink).cable(gpu, bridge, pcie).cable(bridge, port, pcie).cable(port, leaves[i], nic);
    }
  }
  return made.graph();
}

}  // namespace treering::test
