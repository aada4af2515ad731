// Where ranks are stuck that reduce together what each of them has (all-reduce).
#pragma once

#include <vector>

#include "planning/flow_graph.hpp"
#include "planning/rank_network.hpp"

namespace treering {

/// However the ranks are divided into m >= 2 parts, every element takes 2(m-1) messages from part to part: before the
/// first part knows the whole result it takes m-1, and then each of the others still needs one. Each comes over a link
/// into the part that it is for, whatever switches a part includes: the rate is at most what all links into the parts
/// carry / 2(m-1).
///
/// This is a division for which the sum of into(part) / 2(m-1) is smallest: two parts or more, each rank in exactly
/// one, as many as there can be. Parts may share switches, and then the sum counts some links several times; another
/// division may hold the ranks up more. On graphs with the same capacity both ways the fraction is the optimum; without
/// switches that is the theorem of Tutte and of Nash-Williams on spanning trees (1961), and docs/throughput-bounds.md
/// has the proof with switches.
///
/// Newton's method on the fraction. A step finds the best division for a given rate by the greedy algorithm for
/// Dilworth truncations (Frank and Tardos, Mathematical Programming 42, 1988; as for the strength of a network:
/// Cunningham, Journal of the ACM 32, 1985), with one max-flow for each rank.
///
/// The graph is valid, and all ranks reach each other.
std::vector<NodeSet> tightest_division(const FlowGraph& graph);

}  // namespace treering
