// The largest flow from a source to a sink, and the smallest cut between them, in exact integers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "planning/flow_graph.hpp"

namespace treering {

/// Two nodes and what may flow between them, each way.
struct Pipe {
  NodeIndex from = 0;
  NodeIndex to = 0;
  Capacity forwards = 0;
  Capacity backwards = 0;
};

/// More than any flow of a valid flow graph, so that no smallest cut crosses it.
inline constexpr Capacity unbounded = Capacity{1} << 61;

/// Dinic's algorithm (Soviet Math. Doklady 11, 1970) on a network whose shape is fixed and whose capacities change from
/// one flow to the next. Levels are distances to the sink, so that the search ends when it meets the source. Flows must
/// stay below `unbounded`. Of one thread at a time.
class MaxFlow {
 public:
  MaxFlow(std::size_t nodes, std::span<const Pipe> pipes);

  /// Of pipe `pipe` (its place in the list), for the flows that follow.
  void set_capacity(std::size_t pipe, Capacity forwards, Capacity backwards);

  /// The largest flow; or `enough`, as soon as that much flows. O(nodes^2 pipes), in practice a few passes.
  Capacity flow(NodeIndex source, NodeIndex sink, Capacity enough = unbounded);

  /// After a largest flow: the nodes that could still pass something on to the sink. Of all sides of smallest cuts that
  /// hold the sink it is the smallest.
  std::vector<bool> sink_side() const;

 private:
  struct Arc {
    NodeIndex head;
    std::uint32_t mate;  // the same pipe the other way
  };

  bool find_levels(NodeIndex source, NodeIndex sink);
  Capacity push(NodeIndex source, NodeIndex sink, Capacity enough);
  bool advance(NodeIndex node);
  NodeIndex send_along_path(Capacity most, Capacity& sent);

  std::vector<std::uint32_t> first_;  // the arcs of node v are first_[v] .. first_[v+1]
  std::vector<Arc> arcs_;
  std::vector<std::uint32_t> arc_of_pipe_;
  std::vector<Capacity> capacity_;
  std::vector<Capacity> residual_;
  std::vector<std::uint32_t> level_;  // steps to the sink
  std::vector<std::uint32_t> next_;   // the arc of each node to try next
  std::vector<NodeIndex> queue_;
  std::vector<std::uint32_t> path_;  // arcs from the source on
};

}  // namespace treering
