// Network interfaces of Linux.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "topology/discovery/system_files.hpp"
#include "topology/figure.hpp"
#include "topology/node.hpp"

namespace treering::topology {

struct Interface {
  enum class Type : std::uint8_t { ethernet, infiniband, other };

  std::string name = {};
  Type type = Type::other;
  bool is_hardware = false;  ///< not a bridge, bond, tunnel or the like
  bool is_up = false;        ///< data passes: the cable is in, too
  std::optional<PciAddress> pci = {};
  std::optional<std::uint32_t> numa = {};
  std::uint16_t port = 1;  ///< of the adapter, from 1
  Figure gbs = {};         ///< GB/s each way; virtual machines and wireless adapters do not know theirs
  std::optional<std::uint32_t> mtu_bytes = {};
  std::string state = {};                   ///< as the kernel says it: "up", "down", "unknown"
  bool lacks_carrier = false;               ///< it is set up, and the cable is out, or its other end down
  std::string master = {};                  ///< the interface that it belongs to
  std::string master_kind = {};             ///< "bond" or "bridge" (settings.hpp)
  std::string hardware_address = {};        ///< its own, also in a bond: "02:fc:00:00:00:01"
  std::vector<std::string> addresses = {};  ///< "192.0.2.2/24"
  bool has_default_route_ipv4 = false;
  bool has_default_route_ipv6 = false;
};

/// All but loopback, by name. Without addresses.
std::vector<Interface> interfaces(const SystemFiles& files);

/// Adds the addresses of this host's interfaces (getifaddrs).
void add_addresses(std::vector<Interface>& interfaces);

}  // namespace treering::topology
