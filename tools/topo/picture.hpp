// A topology as a tree of lines as a graph for Graphviz, and as a picture.
#pragma once

#include <string>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topo {

/// Nodes indented below what they are part of, each with its links. In UTF-8.
std::string tree_text(const topology::Topology& topology);

/// A graph in the DOT language (graphviz.org/doc/info/lang.html): boxes for what holds others, links as wide as the
/// logarithm of their GB/s.
std::string dot_text(const topology::Topology& topology);

/// A picture (SVG 1.1) as Layout places it, links as wide as the logarithm of their GB/s, with a legend. Fails for more
/// than 4,000 nodes.
Result<std::string> svg_text(const topology::Topology& topology);

}  // namespace treering::topo
