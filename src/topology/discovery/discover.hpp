// What is in this host and how it is connected, from what the operating system tells everybody: no root, GPU or job
// needed.
#pragma once

#include <chrono>
#include <string>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// What to ask. Each part is quiet where the host has none of it.
struct DiscoveryOptions {
  /// Where the operating system's files begin. Another than "/" is a copy of those of another host: addresses are then
  /// left out, and HWLOC_FSROOT is set in the environment while hwloc looks around, so no other thread may read the
  /// environment meanwhile.
  std::string root = "/";
  /// For each part, all at once. A part that takes longer (a driver hangs) is left out; it goes on in a thread of its
  /// own until it ends.
  std::chrono::milliseconds deadline{2000};
  /// That of NVML, in place of the above: a GPU that nobody uses and no persistence daemon keeps awake takes 1 to 3 s
  /// to start (https://docs.nvidia.com/deploy/driver-persistence/).
  std::chrono::milliseconds nvidia_deadline{10'000};
  bool machine = true;     ///< by hwloc: processors, memory, caches, PCI, devices
  bool interfaces = true;  ///< of Linux: speed, state, MTU, addresses, default routes
  bool rdma = true;        ///< devices of /sys/class/infiniband: ports, rates, GIDs
  bool nvidia = true;      ///< GPUs and NVLinks, by NVML
  bool platform = true;    ///< cloud; GPUDirect RDMA
  /// The library to ask for GPUs, in place of libnvidia-ml.so.1. It knows the host that this runs on, so copies of
  /// others are read without unless one is named here.
  std::string nvml = {};
};

/// One host, and a switch "ethernet" or "infiniband" for each network that it is connected to, of which nothing more is
/// known. Parts that were late or failed are named with the reason in attributes of the topology, of origin
/// "discovery". Fails only where the host has more than the limits of topologies.
Result<Topology> discovered_host(const DiscoveryOptions& options = {});

}  // namespace treering::topology
