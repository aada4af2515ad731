// Brings network interfaces and RDMA devices together with the adapters that hwloc found.
#pragma once

#include <vector>

#include "topology/discovery/draft.hpp"
#include "topology/discovery/interfaces.hpp"
#include "topology/discovery/rdma.hpp"

namespace treering::topology {

/// An adapter that hwloc did not find is added in its NUMA domain or the host. Ports are parts of adapters; what they
/// are and do stands in attributes "linux.net", "linux.rdma" and "linux.rdma.port". A port that is up links its adapter
/// to "ethernet" or "infiniband", at the rate of its RDMA device where it has one, else of its interface.
void add_network(const std::vector<Interface>& interfaces, const std::vector<RdmaDevice>& devices, HostDraft& draft);

}  // namespace treering::topology
