// A topology that may be shown to anyone.
#include <fmt/format.h>

#include <cctype>
#include <map>
#include <string_view>

#include "tools/topo/cluster.hpp"
#include "tools/topo/words.hpp"
#include "topology/builder.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::Node;
using topology::NodeKind;

/// Numbers from 0, 1 and so on for what is new, the same for what is the same.
template <class Key>
class Numbers {
 public:
  std::size_t of(const Key& key) { return numbers_.try_emplace(key, numbers_.size()).first->second; }

 private:
  std::map<Key, std::size_t> numbers_;
};

/// Some names inside of hosts are made of an address: "enx0c42a1b2c3d4" of Linux is that of a MAC.
bool has_address(std::string_view name) {
  constexpr std::size_t least_digits = 12;
  std::size_t digits = 0;
  for (const char c : name) {
    digits = std::isxdigit(static_cast<unsigned char>(c)) != 0 ? digits + 1 : 0;
    if (digits >= least_digits) return true;
  }
  return false;
}

}  // namespace

Result<Topology> redacted(const Topology& topology) {
  topology::TopologyBuilder builder;
  builder.set_grid(topology.grid());
  Numbers<std::string> identities;
  Numbers<std::uint64_t> guids;
  std::map<NodeKind, std::size_t> named;
  std::size_t hidden = 0;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    Node node = topology.node(i);
    const NodeIndex host = topology::host_of(topology.nodes(), i);
    if (host == topology::no_node || host == i)
      node.name = fmt::format("{}{}", name_of(node.kind), named[node.kind]++);
    else if (has_address(node.name))
      node.name = fmt::format("hidden{}", hidden++);
    if (!node.identity.empty()) node.identity = fmt::format("identity{}", identities.of(node.identity));
    if (node.guid != 0) node.guid = 1 + guids.of(node.guid);
    builder.add(std::move(node));
  }
  for (const topology::Link& link : topology.links()) builder.add(link);
  return std::move(builder).build();
}

}  // namespace treering::topo
