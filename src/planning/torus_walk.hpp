// Hosts of a torus in a ring.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "topology/topology.hpp"

namespace treering {

/// The hosts along a Hamiltonian cycle, as host_walk() says; nothing where they have no cells, or share some.
std::optional<std::vector<topology::NodeIndex>> torus_walk(const topology::Topology& topology,
                                                           std::span<const topology::NodeIndex> hosts);

}  // namespace treering
