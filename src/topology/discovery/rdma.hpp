// RDMA devices, from /sys/class/infiniband: no verbs library needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topology/discovery/system_files.hpp"
#include "topology/figure.hpp"
#include "topology/node.hpp"

namespace treering::topology {

struct RdmaPort {
  std::uint16_t number = 0;
  bool is_active = false;
  bool is_infiniband = false;  ///< else RoCE or iWARP
  Figure gbs = {};             ///< GB/s of data each way
  std::optional<std::uint16_t> width = {};
  std::uint64_t guid = 0;                                      ///< of an InfiniBand port
  std::string interface = {};                                  ///< its network interface; empty where there is none
  std::vector<std::pair<std::string, std::string>> said = {};  ///< what the kernel says, by file: "rate", "gid 3"
};

struct RdmaDevice {
  std::string name = {};
  bool is_hardware = false;  ///< not RDMA in software over another adapter
  std::uint64_t guid = 0;
  std::optional<PciAddress> pci = {};
  std::optional<std::uint32_t> numa = {};
  std::vector<std::pair<std::string, std::string>> said = {};
  std::vector<RdmaPort> ports = {};
};

/// All devices, by name.
std::vector<RdmaDevice> rdma_devices(const SystemFiles& files);

/// What "100 Gb/sec (4X EDR)" says; `gbs` is what is left for data, unknown where it cannot be read.
struct RdmaRate {
  Figure gbs = {};
  std::optional<std::uint16_t> width = {};
};
RdmaRate rdma_rate(std::string_view text, bool is_infiniband);

}  // namespace treering::topology
