// Ways that a device uses at once: a GPU spreads what it sends over all NVSwitches that lead to the other.
#pragma once

#include <string>
#include <vector>

#include "tools/topo/paths.hpp"

namespace treering::topo {

/// The path; and, where it leads over one NVSwitch, those over each of the others. Never empty.
std::vector<Path> side_by_side(const Topology& topology, const topology::Adjacency& adjacency, const Path& path);

/// Of all of them together: "NV18" of four paths with 4 or 5 NVLinks each.
std::string kind_of(const Topology& topology, const std::vector<Path>& paths);

/// What they carry together. `narrow` is that of the first.
Width width_of(const Topology& topology, const std::vector<Path>& paths);

}  // namespace treering::topo
