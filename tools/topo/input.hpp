// Where topologies come from: files of several formats, and texts that describe one.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "topology/infiniband/live/live_fabric.hpp"
#include "topology/input/input.hpp"
#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topo {

using topology::InputFormat;
using topology::Topology;

/// All of them, in the order in which they are tried. A further format is a further row here, or in
/// topology/input/input.cpp if it says how hosts are connected.
std::span<const InputFormat> input_formats();

/// The topology of a text of any of the formats.
Result<Topology> topology_from_text(std::string_view text, std::string_view file, const topology::Limits& limits = {});

/// The host that this program runs on, its memory links measured if so wished. Fails where the program was built
/// without hwloc.
Result<Topology> topology_of_this_host(bool measured = false);

/// The InfiniBand fabric that this host is on, asked now. Fails where there is none, and where the program was built
/// without libibnetdisc.
Result<Topology> topology_of_fabric(const topology::FabricSearch& search);

/// The topology that a word of the command line stands for: a file of any format, "-" for the standard input, a folder
/// with copies of a host's /proc and /sys, or, where there is no such file, a text that describes one.
Result<Topology> topology_from(const std::string& input);

}  // namespace treering::topo
