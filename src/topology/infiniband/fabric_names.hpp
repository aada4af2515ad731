// What the devices of a fabric are called, from descriptions that may hold anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topology/infiniband/fabric.hpp"

namespace treering::topology {

/// The description as the name of a node: UTF-8 of at most 200 bytes, with '_' for '/' and '?' for what is no
/// character; "0x0002c9030006dc58" where nothing is left.
std::string name_from(std::string_view description, std::uint64_t guid);

struct FabricName {
  std::string host = {};            ///< of an adapter in a host, else empty
  std::string name = {};            ///< unique in the host, or among all hosts and all that lie in none
  bool is_host_of_its_own = false;  ///< no other adapter lies in this host
};

/// Of every device, in their order; docs/topology.md has the rule.
std::vector<FabricName> names_of(const Fabric& fabric);

}  // namespace treering::topology
