// Ways that a device uses at once: a GPU spreads what it sends over all NVSwitches that lead to the other, and over all
// NVLinks to each of them.
#pragma once

#include <string>
#include <vector>

#include "tools/topo/paths.hpp"

namespace treering::topo {

/// A path, and what is used together with its arcs.
struct Way {
  Path path;
  std::vector<std::vector<Arc>> beside;  ///< of each arc of the path: others between the same two nodes
};

/// The path; and, where it leads over one NVSwitch, one over each of the others. Never empty. NVLinks alone have others
/// beside them.
std::vector<Way> side_by_side(const Topology& topology, const topology::Adjacency& adjacency, const Path& path);

/// Of all of them together: "NV18" of four ways with 4 or 5 NVLinks each.
std::string kind_of(const Topology& topology, const std::vector<Way>& ways);

/// What they carry together. `narrow` is that of the first.
Width width_of(const Topology& topology, const std::vector<Way>& ways);

}  // namespace treering::topo
