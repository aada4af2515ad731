// The subnet as libibnetdisc has it.
#pragma once

#include <cstdint>

#include "topology/infiniband/fabric.hpp"
#include "topology/infiniband/live/live_fabric.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Asks the fabric, for as long as it takes, and may write to stderr. Without a device where there is no adapter.
/// Fails as live_fabric() does.
Result<Fabric> subnet(const FabricSearch& search, const Limits& limits);

}  // namespace treering::topology
