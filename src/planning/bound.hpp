// The throughput that no schedule of a collective can exceed on a topology, and what stands in the way.
#pragma once

#include "planning/bottleneck.hpp"
#include "planning/flow_graph.hpp"
#include "planning/rational.hpp"
#include "schedule/collective.hpp"
#include "treering/result.hpp"

namespace treering {

/// A bound on a collective of very long vectors, where only links cost time.
struct Bound {
  /// The whole vector over the time, in the unit of the capacities. The whole vector is all blocks of an all-gather or
  /// a reduce-scatter; so this is what nccl-tests call the algorithm bandwidth.
  Rational bandwidth;
  /// It is proven that a schedule comes as close as one likes, with switches that only pass on what they get: it is the
  /// optimum. Otherwise it may be out of reach.
  bool attained = false;
  Bottleneck bottleneck;
};

/// Exact, from cuts; docs/throughput-bounds.md says how, and why it is true. Switches may copy and reduce, and the
/// bounds on all collectives but all-reduce stay true; an all-reduce can then be faster: up to twice, or more where one
/// link leads into several parts. `root` is for broadcast and reduce.
///
/// Of ranks and links, time is about ranks x one max-flow, for all-reduce a few times that. Depends on nothing but its
/// arguments, so that all ranks get the same. Fails for graphs that are not valid, ranks that cannot reach each other
/// (the message says which), roots that do not exist, and collectives other than all-reduce, all-gather,
/// reduce-scatter, broadcast and reduce.
Result<Bound> throughput_bound(Collective collective, const FlowGraph& graph, Rank root = 0);

}  // namespace treering
