// NVIDIA GPUs and their NVLinks, as NVML knows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "topology/figure.hpp"
#include "topology/node.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// One that is up.
struct NvLink {
  enum class End : std::uint8_t { unknown, gpu, nvswitch, processor };

  End end = End::unknown;              ///< what is at the other end; old drivers do not tell
  std::optional<PciAddress> pci = {};  ///< of that. Containers see no NVSwitches: they are told no address
  Figure gbs = {};                     ///< each way
};

/// Links between the GPU and the processor that it is packaged with (NVLink-C2C), all that are up together.
struct C2c {
  std::uint32_t count = 0;
  Figure gbs = {};
};

struct NvidiaGpu {
  std::uint32_t number = 0;            ///< NVML's, by PCI address; programs may be shown fewer (CUDA_VISIBLE_DEVICES)
  std::optional<PciAddress> pci = {};  ///< none of a GPU that does not answer at all
  std::string uuid = {};
  std::string model = {};
  std::string state = {};  ///< why it does not work or cannot be asked; empty where it can
  std::vector<std::pair<std::string, std::string>> said = {};  ///< what else NVML says: "sm", "ecc", "nvlinks_down"
  std::vector<NvLink> links = {};
  C2c c2c = {};
};

struct Nvidia {
  std::string driver_version = {};
  std::vector<NvidiaGpu> gpus = {};
};

/// Asks the library at a path (or by a name that the loader finds): of the host that this runs on, always. Empty where
/// there is no such library; fails where it does not start. What single calls do not tell is unknown.
Result<Nvidia> nvidia_gpus(const std::string& library);

}  // namespace treering::topology
