// What an <object> of an hwloc file says of itself.
#pragma once

#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "topology/figure.hpp"
#include "topology/node.hpp"

namespace treering::topology {

/// The value of an <info>; empty where there is none.
std::string_view info_of(pugi::xml_node object, const char* name);

std::optional<std::uint32_t> number_in(std::string_view text);

/// All that the object says of a node but its parent and name. Looks at the objects around it: software devices tell
/// what a PCI device is.
Node described_node(pugi::xml_node object);

/// What its node would be called if nobody else were: "gpu" to be numbered, or a name that is whole.
struct NameRequest {
  std::string text;
  bool is_whole = false;
};
NameRequest name_request(pugi::xml_node object, const Node& node);

/// Whether it is the bridge between the processor's own interconnect and PCI.
bool is_host_bridge(pugi::xml_node object);

/// GB/s each way of the PCIe link to what the object lies in; unknown where the file says 0, as it does for devices
/// that sleep.
Figure pci_gbs(pugi::xml_node object);

}  // namespace treering::topology
