// Through which interfaces a host reaches everything else.
#pragma once

#include <set>
#include <string>

#include "topology/discovery/system_files.hpp"

namespace treering::topology {

/// Names of the interfaces of default routes.
struct DefaultRoutes {
  std::set<std::string> ipv4;
  std::set<std::string> ipv6;
};

/// From the kernel's main tables (/proc/net/route, /proc/net/ipv6_route), up to 1 MiB of each. Lines that are not as
/// they should be are passed over.
DefaultRoutes default_routes(const SystemFiles& files);

}  // namespace treering::topology
