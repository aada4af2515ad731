// The links that an hwloc file implies (cores and host bridges reach the memory near them, PCI devices what they are
// plugged into) or states as a matrix of bandwidths between GPUs.
#pragma once

#include "topology/builder.hpp"
#include "topology/hwloc/document.hpp"
#include "topology/hwloc/objects.hpp"

namespace treering::topology {

/// Of memory, cores and PCI. Stops at the builder's first fault.
void add_links(const HwlocObjects& objects, TopologyBuilder& builder);

/// NVLinkBandwidth and XGMIBandwidth. Fails for a matrix that contradicts itself.
Result<void> add_gpu_links(const HwlocDocument& document, const HwlocObjects& objects, const HwlocLimits& limits,
                           TopologyBuilder& builder);

}  // namespace treering::topology
