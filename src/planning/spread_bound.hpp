// How fast ranks can spread what they have to all others: all-gather (all ranks do), broadcast (one does).
#pragma once

#include <vector>

#include "planning/flow_graph.hpp"
#include "planning/rank_network.hpp"
#include "planning/rational.hpp"

namespace treering {

/// The rate at which each root can send out data of its own, and what holds it up.
struct Spread {
  Rational rate;               ///< x: of each root
  std::vector<NodeSet> tight;  ///< sets that get exactly what they need at this rate: the sides that receive. Each
                               ///< holds a rank that no earlier one holds, and is as small as one with that rank can be
};

/// A set X of nodes with a rank in it gets what the roots outside of it have: into(X) >= x |roots - X|. The largest x
/// that keeps to this for every X is the optimum: Zhao and Krishnamurthy, arXiv 2305.18461, section 1.1; ForestColl,
/// arXiv 2402.06787. Found by Newton's method on that fraction (Dinkelbach, Management Science 13, 1967): a violated
/// cut gives the next, lower x. One max-flow for each rank and one for each step.
///
/// The graph is valid, all roots reach all ranks, and there is a root.
Spread spread_bound(const FlowGraph& graph, const std::vector<Rank>& roots);

}  // namespace treering
