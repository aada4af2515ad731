// The flow network that all bounds search for cuts: the links of a graph times a factor, a source with a pipe to every
// rank, and a sink with a pipe from every rank.
#pragma once

#include <cstdint>
#include <vector>

#include "planning/flow_graph.hpp"
#include "planning/max_flow.hpp"

namespace treering {

/// Some of the nodes of a graph.
using NodeSet = std::vector<bool>;

/// Adds the nodes of another set.
void unite(NodeSet& set, const NodeSet& with);

/// The sum of the links that lead into a set.
Capacity capacity_into(const FlowGraph& graph, const NodeSet& set);

class RankNetwork {
 public:
  /// `graph` is valid and outlives the network. All pipes of source and sink are closed, the factor is 1.
  explicit RankNetwork(const FlowGraph& graph);

  /// All links carry `factor` times their capacity. At most the number of ranks.
  void scale_links(std::int64_t factor);

  /// From the source to a rank, and from a rank to the sink.
  void set_source(Rank rank, Capacity capacity) { flow_.set_capacity(first_source_ + rank, capacity, 0); }
  void set_sink(Rank rank, Capacity capacity) { flow_.set_capacity(first_sink_ + rank, capacity, 0); }

  /// The largest flow from the source to the sink, or to a rank; `enough` as in MaxFlow.
  Capacity flow_to_sink() { return flow_.flow(source_, sink_); }
  Capacity flow_to(Rank rank, Capacity enough) { return flow_.flow(source_, ranks_[rank], enough); }

  /// The smallest side of a smallest cut where the flow ended, of nodes of the graph.
  NodeSet sink_side() const;

  const std::vector<NodeIndex>& ranks() const { return ranks_; }

 private:
  std::vector<NodeIndex> ranks_;
  NodeIndex source_;
  NodeIndex sink_;
  std::vector<Pipe> links_;
  std::size_t first_source_;
  std::size_t first_sink_;
  MaxFlow flow_;
};

}  // namespace treering
