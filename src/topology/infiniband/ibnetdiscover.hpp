// What `ibnetdiscover` prints: the fabric device by device, and as a list of ports (`-p`).
#pragma once

#include <string>
#include <string_view>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Reads it; docs/topology.md says what becomes of it. `file` is its name in messages, which read "fabric.txt:17:
/// problem (why) what to do". Takes time in proportion to the text. Fails with Code::invalid_argument, also for a text
/// with no device in it. (Formats: infiniband-diags/ibnetdiscover.c of rdma-core 44.)
Result<Topology> topology_from_ibnetdiscover(std::string_view text, const std::string& file, const Limits& limits = {});

}  // namespace treering::topology
