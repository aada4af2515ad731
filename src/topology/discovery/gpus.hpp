// Brings NVIDIA's GPUs together with the devices that hwloc found.
#pragma once

#include "topology/discovery/draft.hpp"
#include "topology/discovery/nvidia.hpp"
#include "topology/discovery/system_files.hpp"

namespace treering::topology {

/// A GPU that hwloc did not find is added in its NUMA domain or the host. All are called by NVML's numbers, `gpu3`.
/// NVLinks that end at one device are one link of their number and of the sum of their rates. What has no member stands
/// in attributes "nvidia.nvml" of the GPU, and of the host: the driver's version, and GPUs that cannot be told apart
/// from others since they do not answer.
void add_gpus(const Nvidia& nvidia, const SystemFiles& files, HostDraft& draft);

}  // namespace treering::topology
