// Reads the XML files of hwloc (lstopo FILE.xml), versions 1 and 2; see docs/topology.md for what becomes of what.
#pragma once

#include <string_view>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Sizes that no hwloc file of one host comes near; checked before the text is parsed.
struct HwlocLimits {
  std::uint64_t file_bytes = 256ull << 20;
  std::uint32_t elements = 500'000;
  std::uint32_t attributes = 5'000'000;       ///< of elements
  std::uint32_t links = 1'000'000;            ///< that the file implies: cores by NUMA domains near them
  std::uint32_t objects_of_distances = 4096;  ///< in one matrix
};

/// The hosts of an hwloc file. Every object is a node; what the topology has no member for is kept in attributes
/// "hwloc.object", "hwloc.info" and "hwloc.element". `file` is its name in messages, which read "host.xml:17: problem
/// (why) what to do". Fails with Code::invalid_argument: version 3 and later, what is no hwloc file, and what exceeds
/// the limits.
Result<Topology> topology_from_hwloc_xml(std::string_view text, std::string_view file, const Limits& limits = {},
                                         const HwlocLimits& hwloc_limits = {});

}  // namespace treering::topology
