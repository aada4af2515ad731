// Flow graphs of machines and networks that everybody knows, in MB/s or whatever the caller takes as a unit.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "planning/flow_graph.hpp"

namespace treering::test {

/// Grows a graph. A cable has the same capacity both ways.
class GraphBuilder {
 public:
  NodeIndex rank(std::string name, std::string kind = "GPU", std::string group = "");
  NodeIndex relay(std::string name, std::string kind = "switch", std::string group = "");
  GraphBuilder& link(NodeIndex from, NodeIndex to, Capacity capacity);
  GraphBuilder& cable(NodeIndex a, NodeIndex b, Capacity capacity);

  const FlowGraph& graph() const { return graph_; }

 private:
  FlowGraph graph_;
};

/// Ranks in a circle, with links to the next one and, if `both_ways`, back.
FlowGraph ring_graph(Rank ranks, Capacity capacity, bool both_ways);

/// Ranks in a row.
FlowGraph path_graph(Rank ranks, Capacity capacity);

/// Ranks at one switch.
FlowGraph star_graph(std::span<const Capacity> ports);

/// A torus of the given sides, each 3 or more.
FlowGraph torus_graph(const std::vector<Rank>& sides, Capacity capacity);

/// Eight GPUs with six NVLinks each, as a DGX-1V wires them.
FlowGraph cube_mesh_graph(Capacity link);

/// Hosts of eight GPUs at an NVSwitch, each GPU with a NIC at one common network switch.
FlowGraph cluster_graph(int hosts, Capacity nvlink, Capacity nic);

/// The same with a PCIe switch between each GPU and its NIC, a leaf switch for each rail, and four spine switches with
/// as much capacity up as down.
FlowGraph rail_cluster_graph(int hosts, Capacity nvlink, Capacity pcie, Capacity nic);

}  // namespace treering::test
