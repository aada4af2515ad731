// A topology as a tree of lines and as a graph for Graphviz.
#pragma once

#include <string>

#include "topology/topology.hpp"

namespace treering::topo {

/// Nodes indented below what they are part of, each with its links. In UTF-8.
std::string tree_text(const topology::Topology& topology);

/// A graph in the DOT language (graphviz.org/doc/info/lang.html): boxes for what holds others, links as wide as the
/// logarithm of their GB/s.
std::string dot_text(const topology::Topology& topology);

}  // namespace treering::topo
