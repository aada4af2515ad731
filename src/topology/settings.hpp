// Attributes by which discovery tells how a host is set up, and --check finds what stops jobs there.
#pragma once

#include <string_view>

namespace treering::topology {

/// Of hosts.
inline constexpr const char* settings_origin = "linux.settings";
inline constexpr const char* memory_name = "memory";          ///< bytes in all
inline constexpr const char* memlock_name = "memlock";        ///< bytes that a process may lock, or `unlimited`
inline constexpr const char* files_name = "open_files";       ///< that a process may open, where it asks for all it may
inline constexpr const char* shm_name = "dev_shm";            ///< bytes that /dev/shm may hold
inline constexpr const char* shm_free_name = "dev_shm_free";  ///< of these; only where that is less than half of them
inline constexpr const char* balancing_name =
    "numa_balancing";  ///< 0: off (Documentation/admin-guide/sysctl/kernel.rst)
inline constexpr const char* unlimited_text = "unlimited";

/// Of hosts with NVIDIA's driver.
inline constexpr const char* gpudirect_origin = "gpudirect";
inline constexpr const char* peermem_name = "peermem";  ///< the module, or `not loaded`
inline constexpr const char* not_loaded = "not loaded";
inline constexpr const char* dma_buf_name = "dma_buf";  ///< `possible`, `unknown: ..` or `no: ..`

/// Of network interfaces.
inline constexpr const char* interface_origin = "linux.net";
inline constexpr const char* interface_name = "name";
inline constexpr const char* state_name = "state";
inline constexpr const char* carrier_name =
    "carrier";                                        ///< `no`: the interface is set up, and nothing comes by the cable
inline constexpr const char* master_name = "master";  ///< the interface that it belongs to
/// `bond` or `bridge`: what its members get goes to all of them alike. Others (of Open vSwitch all ports of the host
/// have one master, and members of a VRF are routed) are not named.
inline constexpr const char* master_kind_name = "master_kind";
inline constexpr const char* mtu_name = "mtu";

/// Drivers that do not tell a state count as up (Documentation/networking/operstates.rst), unless there is no carrier.
constexpr bool is_interface_up(std::string_view state, bool lacks_carrier) {
  return state == "up" || (state == "unknown" && !lacks_carrier);
}

/// Of adapters that do RDMA, and of their ports: what the kernel says of them.
inline constexpr const char* rdma_origin = "linux.rdma";
inline constexpr const char* rdma_port_origin = "linux.rdma.port";
inline constexpr const char* node_type_name = "node_type";  ///< "1: CA"; "4: RNIC" is iWARP (ib_verbs.h)

/// Of GPUs and adapters.
inline constexpr const char* pci_origin = "linux.pci";
inline constexpr const char* iommu_name = "iommu";  ///< kind of its group; `identity`: addresses pass as they are
/// Addresses of the bridges above it that send what comes from below up to the processor, even if it is for a device
/// below (ACS), with blanks between; `off`, or `unknown` where the bridges show their configuration to root alone.
inline constexpr const char* acs_name = "acs";
inline constexpr const char* acs_off = "off";
inline constexpr const char* acs_unknown = "unknown";

}  // namespace treering::topology
