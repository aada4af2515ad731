// What cores read from memory and write to it.
#pragma once

#include <string>

#include "topology/topology.hpp"

namespace treering::topo {

/// A line for each NUMA domain whose cores were measured, behind an empty one; nothing where none was.
std::string memory_text(const topology::Topology& topology);

}  // namespace treering::topo
