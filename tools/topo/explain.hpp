// The way between two nodes, hop by hop.
#pragma once

#include <string>

#include "tools/topo/paint.hpp"
#include "tools/topo/paths.hpp"
#include "treering/result.hpp"

namespace treering::topo {

/// The node that a person means: a full name, or one that only one node has. Fails with names that are close.
Result<NodeIndex> node_named(const Topology& topology, std::string_view name);

/// The nearest path, each hop with its type, width, bandwidth and latency, the narrowest marked; and, where another is
/// wider, that one and why it was not taken. A node without links stands for the one part of it that has some. Fails
/// where several have, and for names that are none of nodes; two nodes without a path are no failure.
Result<std::string> explain_text(const Topology& topology, std::string_view from, std::string_view to,
                                 const Paint& paint);

}  // namespace treering::topo
