// What a host is and allows, from small files that every user may read.
#pragma once

#include <string>
#include <vector>

#include "topology/discovery/system_files.hpp"
#include "topology/settings.hpp"

namespace treering::topology {

/// Becomes an attribute of the host.
struct HostFact {
  std::string origin, name, value;

  friend bool operator==(const HostFact&, const HostFact&) = default;
};

/// Whether adapters may reach the memory of NVIDIA GPUs, as far as the kernel tells (origin "gpudirect"): by peermem,
/// by dma-buf, and what IOMMU is on the way. Empty where NVIDIA's kernel module is not loaded.
std::vector<HostFact> gpudirect_facts(const SystemFiles& files);

/// The provider, and where the firmware tells it the type of the instance (origin "cloud"). Empty elsewhere. Asks no
/// metadata service: that takes a network, and in some clouds a credential.
std::vector<HostFact> cloud_facts(const SystemFiles& files);

/// What the system allows processes, and does to them, that stops jobs or holds them up (settings.hpp).
std::vector<HostFact> setting_facts(const SystemFiles& files);

/// Becomes an attribute of the device at that address.
struct DeviceFact {
  PciAddress device;
  HostFact fact;

  friend bool operator==(const DeviceFact&, const DeviceFact&) = default;
};

/// What the PCIe bridges above GPUs and adapters and the IOMMU do to what these send one another (settings.hpp).
std::vector<DeviceFact> pci_facts(const SystemFiles& files);

}  // namespace treering::topology
