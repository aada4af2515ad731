// How fast all ranks can reduce together what each of them has (all-reduce).
#pragma once

#include <vector>

#include "planning/flow_graph.hpp"
#include "planning/rank_network.hpp"
#include "planning/rational.hpp"

namespace treering {

/// The rate at which elements can be reduced, and the parts between which it is stuck.
struct Exchange {
  Rational rate;
  std::vector<NodeSet> parts;  ///< two or more; each rank is in exactly one; as many as there can be
};

/// However the ranks are divided into m >= 2 parts, every element takes 2(m-1) messages from part to part: before the
/// first part knows the whole result it takes m-1, and then each of the others still needs one. Each comes over a link
/// into the part that it is for, so the rate is at most sum of into(part) / 2(m-1), whatever switches a part includes.
/// This is the smallest such fraction. On graphs with the same capacity both ways it is the optimum; without switches
/// that is the theorem of Tutte and of Nash-Williams on spanning trees (1961), and docs/throughput-bounds.md has the
/// proof with switches.
///
/// Newton's method on the fraction. A step finds the best division for a given rate by the greedy algorithm for
/// Dilworth truncations (Frank and Tardos, Mathematical Programming 42, 1988; as for the strength of a network:
/// Cunningham, Journal of the ACM 32, 1985), with one max-flow for each rank.
///
/// The graph is valid, and all ranks reach each other.
Exchange exchange_bound(const FlowGraph& graph);

}  // namespace treering
