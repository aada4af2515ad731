#include "topology/discovery/interfaces.hpp"

#include <net/if_arp.h>

#include <algorithm>

#include "topology/discovery/routes.hpp"
#include "topology/settings.hpp"

namespace treering::topology {
namespace {

/// From Mb/s. Drivers say -1 (also as a number without sign) or 0 for what they do not know.
Figure gbs_of(std::optional<std::int64_t> mbits) {
  constexpr std::int64_t most_mbits = 100'000'000;  // 100 Tb/s
  if (!mbits || *mbits <= 0 || *mbits > most_mbits) return {};
  return static_cast<double>(*mbits) / 8000;
}

Interface::Type type_of(std::optional<std::int64_t> number) {
  if (number == ARPHRD_ETHER) return Interface::Type::ethernet;
  return number == ARPHRD_INFINIBAND ? Interface::Type::infiniband : Interface::Type::other;
}

Interface interface(const SystemFiles& files, const std::string& name) {
  const std::string folder = "sys/class/net/" + name;
  Interface found{.name = name, .type = type_of(files.number(folder + "/type"))};
  found.is_hardware = files.exists(folder + "/device");
  found.pci = pci_of_device(files, folder);
  found.numa = numa_of_device(files, folder);
  if (const auto port = files.number(folder + "/dev_port"); port && *port >= 0 && *port < UINT16_MAX) {
    found.port = static_cast<std::uint16_t>(*port + 1);
  }
  found.gbs = gbs_of(files.number(folder + "/speed"));
  if (const auto mtu = files.number(folder + "/mtu"); mtu && *mtu > 0 && *mtu <= UINT32_MAX) {
    found.mtu_bytes = static_cast<std::uint32_t>(*mtu);
  }
  found.state = files.name(folder + "/operstate").value_or("");
  found.lacks_carrier = files.number(folder + "/carrier") == 0;  // of one that is not set up it cannot be read
  found.is_up = is_interface_up(found.state, found.lacks_carrier);
  if (const std::vector<std::string> way = files.way_of(folder + "/master"); !way.empty()) found.master = way.back();
  if (files.exists(folder + "/master/bonding")) found.master_kind = "bond";
  if (files.exists(folder + "/master/bridge")) found.master_kind = "bridge";
  // A bond gives all its members the address of one of them.
  const auto own_address = files.name(folder + "/bonding_slave/perm_hwaddr");
  found.hardware_address = own_address ? *own_address : files.name(folder + "/address").value_or("");
  return found;
}

}  // namespace

std::vector<Interface> interfaces(const SystemFiles& files) {
  std::vector<Interface> found;
  const DefaultRoutes routes = default_routes(files);
  for (const std::string& name : files.names_in("sys/class/net")) {
    const std::string folder = "sys/class/net/" + name;
    // Bonding puts a file beside the interfaces.
    if (files.number(folder + "/type") == ARPHRD_LOOPBACK || !files.exists(folder + "/type")) continue;
    found.push_back(interface(files, name));
    found.back().has_default_route_ipv4 = routes.ipv4.contains(name);
    found.back().has_default_route_ipv6 = routes.ipv6.contains(name);
  }
  return found;
}

}  // namespace treering::topology
