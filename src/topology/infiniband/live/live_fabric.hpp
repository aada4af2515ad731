// The InfiniBand fabric that this machine is on, as libibnetdisc finds it.
#pragma once

#include <chrono>
#include <string>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

struct FabricSearch {
  std::string adapter = {};  ///< by which the fabric is reached: "mlx5_0"; empty: the first with an active port
  int port = 0;              ///< of the adapter; 0: the first that is active
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
};

/// Whether libibnetdisc was there when this was built; without it no fabric is ever found.
bool can_ask_fabrics();

/// What topology_from_ibnetdiscover() makes of a fabric, from the fabric itself. It asks all switches and adapters how
/// they are cabled and changes nothing, and needs access to /dev/infiniband/umad*. Of nothing where this machine has no
/// adapter, or was built without libibnetdisc. Fails with Code::system_error where the fabric cannot be asked, with
/// Code::timeout at the deadline, and with Code::invalid_argument where the limits are exceeded.
///
/// libibnetdisc can neither be stopped nor kept from writing to stderr, so it runs in a child of this process, which is
/// gone when this returns. Any thread may call this.
Result<Topology> live_fabric(const FabricSearch& search = {}, const Limits& limits = {});

}  // namespace treering::topology
