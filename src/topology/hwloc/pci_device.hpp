// What kind of thing a PCI device of an hwloc file is, by its class and by the software devices that lie in it.
#pragma once

#include <pugixml.hpp>

#include "topology/node.hpp"

namespace treering::topology {

/// hwloc's numbers of kinds of software devices, the same in versions 1 and 2 (hwloc_obj_osdev_type_e in hwloc.h).
enum class OsDeviceType : int {
  unknown = -1,
  block = 0,
  gpu = 1,
  network = 2,
  openfabrics = 3,
  dma = 4,
  coprocessor = 5
};

OsDeviceType osdev_type(pugi::xml_node object);

/// gpu, nic, nvswitch or pci_device.
NodeKind kind_of_pci_device(pugi::xml_node object);

/// Fills in model, identity, GUID and number.
void describe_pci_device(pugi::xml_node object, Node& node);

}  // namespace treering::topology
