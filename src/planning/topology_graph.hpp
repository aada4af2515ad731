// The flow graph of a topology: who computes, and what the links between them carry.
#pragma once

#include <optional>
#include <vector>

#include "planning/bound.hpp"
#include "planning/flow_graph.hpp"
#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering {

/// Its nodes are the ranks and all nodes that links end at, but for those that a rank stands for, in the order of the
/// topology; capacities are in MB/s (10^6 bytes a second), rounded up.
struct TopologyGraph {
  FlowGraph graph;
  topology::NodeKind rank_kind = topology::NodeKind::other;
  std::vector<topology::NodeIndex> nodes;  ///< that the graph's nodes stand for
  std::vector<topology::LinkIndex> links;  ///< that the graph's edges are one way of
  /// Where nothing is known of the bandwidth. They are taken for so wide that they hold nothing up: a bound that no
  /// such edge is part of is then true, whatever they carry.
  std::vector<EdgeIndex> unknown;
  /// A rank stands for other nodes: what lies between it and them, said or not, is taken to hold nothing up, too.
  bool leaves_out = false;
  /// A link has more than a thousandth less than its capacity says. Otherwise 0.999 of all capacities are there, and
  /// with them 0.999 of every optimum.
  bool is_coarse = false;
};

/// The kind of the nodes that compute: the first of GPU, core, NUMA domain and host of which at least two have links,
/// or parts that have; none where there is no such kind.
std::optional<topology::NodeKind> rank_kind(const topology::Topology& topology);

/// Of every node, the one whose links its links are. A node of the kind that has no links of its own stands for all
/// that lies in it (a host for its NICs, where nothing is said of how it reaches them); any other node is its own.
std::vector<topology::NodeIndex> owners_of_links(const topology::Topology& topology, topology::NodeKind kind);

/// What was measured counts more than what is declared. Fails (Code::invalid_argument) where less than two nodes can be
/// ranks.
Result<TopologyGraph> topology_graph(const topology::Topology& topology);

/// As throughput_bound() of the graph, in MB/s. Fails besides where a link of unknown bandwidth could be what holds the
/// collective up; the message names such links. With any of them, or where ranks stand for other nodes, or where
/// capacities are coarse, `attained` is false; where it is true, it is so to within a thousandth.
Result<Bound> throughput_bound(Collective collective, const TopologyGraph& graph, Rank root = 0);

}  // namespace treering
