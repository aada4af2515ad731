// The inside of a described host.
#pragma once

#include <vector>

#include "topology/builder.hpp"
#include "topology/description.hpp"

namespace treering::topology {

/// Adds host number `number` with all that is in it, and the links inside. Returns the nodes at which the network's
/// links end: its NICs, or the host itself.
std::vector<NodeIndex> add_host(TopologyBuilder& builder, const Description& description, std::uint32_t number,
                                CellIndex cell = no_cell);

}  // namespace treering::topology
