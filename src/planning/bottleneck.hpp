// Cuts as people read them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "planning/flow_graph.hpp"
#include "planning/rank_network.hpp"

namespace treering {

/// The links that hold a collective up.
struct Bottleneck {
  /// The nodes on one side of the links, part by part: one part whose traffic with the rest is the trouble, or two and
  /// more whose traffic with each other is. Nodes that are in no part lie between them.
  std::vector<std::vector<NodeIndex>> parts;
  bool inwards = true;           ///< the links lead into the parts, not out of them
  std::vector<EdgeIndex> edges;  ///< the links
  Capacity capacity = 0;         ///< of all these links
  std::size_t alike = 0;         ///< other cuts that are as tight, each around a rank that is in no other
  std::string words;             ///< "NICs of host 3"
};

/// The bottleneck for several tight sets of which each alone is one, all of them receiving (or sending, if not
/// `inwards`): the one that is soonest said. Where the rest of the graph is smaller than the set, a connected part of
/// the rest with one of the `others` is named in its place.
Bottleneck bottleneck_at_one_of(const FlowGraph& graph, const std::vector<NodeSet>& sets, bool inwards,
                                const std::vector<NodeIndex>& others);

/// The bottleneck between parts that only together are one.
Bottleneck bottleneck_between(const FlowGraph& graph, const std::vector<NodeSet>& parts, bool inwards);

/// Links in a few words: each is named by the end that has less to do beside it, ends are gathered by kind and group.
std::string words_for(const FlowGraph& graph, const std::vector<EdgeIndex>& edges);

}  // namespace treering
