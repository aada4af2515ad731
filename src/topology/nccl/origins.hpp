// Where the attributes of elements are kept in the topology.
#pragma once

#include <string_view>

namespace treering::topology {

/// Origins of attributes: "nccl." and the element. An element that has none leaves one with an empty name, so that it
/// is written again. Elements of a GPU are counted: "nccl.nvlink.0", "nccl.c2c.1".
inline constexpr std::string_view system_origin = "nccl.system";
inline constexpr std::string_view cpu_origin = "nccl.cpu";
inline constexpr std::string_view pci_origin = "nccl.pci";
inline constexpr std::string_view gpu_origin = "nccl.gpu";
inline constexpr std::string_view nic_origin = "nccl.nic";
inline constexpr std::string_view net_origin = "nccl.net";
/// Elements that are nodes of kind `other`. The first attribute has an empty name, and the element's as its value.
inline constexpr std::string_view other_origin = "nccl.other";

/// `tclass` of what is behind an NVLink.
inline constexpr std::string_view nvswitch_class = "0x068000";
inline constexpr std::string_view processor_class = "0x068001";

/// The domain of addresses that NCCL makes up: no device has them.
inline constexpr unsigned first_made_up_domain = 0x10000;

}  // namespace treering::topology
