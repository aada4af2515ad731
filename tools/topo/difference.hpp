// What one topology has and another has not.
#pragma once

#include <string>

#include "tools/topo/paint.hpp"
#include "topology/topology.hpp"

namespace treering::topo {

/// Line by line: "- " what only `before` has, "+ " what only `after` has, as their files say it. Empty where both have
/// the same nodes, links, grid and attributes, in whatever order.
std::string difference_text(const topology::Topology& before, const topology::Topology& after, const Paint& paint);

}  // namespace treering::topo
