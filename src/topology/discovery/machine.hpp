// Processors, memory, PCI and devices, by hwloc's library.
#pragma once

#include <string>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Of the host whose files begin at the root; see DiscoveryOptions::root. Fails where the library does.
Result<Topology> discovered_machine(const std::string& root);

}  // namespace treering::topology
