// What looks wrong about nodes.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "planning/topology_graph.hpp"
#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"
#include "topology/settings.hpp"

namespace treering::topo {
namespace {

using topology::Node;
using topology::NodeKind;

/// Sets of nodes that become one where links join them, or where one owns the links of the other.
class Joined {
 public:
  Joined(const Topology& topology, std::vector<NodeIndex> owners) : above_(std::move(owners)) {
    for (const topology::Link& link : topology.links()) {
      const topology::Capacity capacity = topology::capacity(link);
      if (capacity.forward_gbs.value_or(1) > 0 && capacity.back_gbs.value_or(1) > 0)
        above_[set_of(link.from)] = set_of(link.to);
    }
  }

  NodeIndex set_of(NodeIndex node) {
    while (above_[node] != node) node = above_[node] = above_[above_[node]];
    return node;
  }

 private:
  std::vector<NodeIndex> above_;
};

bool is_of_network(topology::LinkType type) {
  return type == topology::LinkType::infiniband || type == topology::LinkType::ethernet ||
         type == topology::LinkType::network;
}

/// Of every node, whether a network link ends at it or at a part of it.
std::vector<bool> on_network(const Topology& topology) {
  std::vector<bool> on(topology.nodes().size());
  for (const topology::Link& link : topology.links())
    if (is_of_network(link.type)) on[link.from] = on[link.to] = true;
  for (std::size_t i = on.size(); i-- > 0;)
    if (const NodeIndex parent = topology.node(static_cast<NodeIndex>(i)).parent; on[i] && parent != topology::no_node)
      on[parent] = true;
  return on;
}

/// What must differ between nodes of a kind, with the host in which it must.
std::vector<std::pair<NodeIndex, std::string>> marks_of(const Topology& topology, NodeIndex index) {
  const Node& node = topology.node(index);
  std::vector<std::pair<NodeIndex, std::string>> marks;
  if (!node.identity.empty()) marks.emplace_back(topology::no_node, "identity " + node.identity);
  if (node.guid != 0) marks.emplace_back(topology::no_node, fmt::format("GUID {:#018x}", node.guid));
  if (node.pci) marks.emplace_back(topology::host_of(topology.nodes(), index), "address " + text_of(*node.pci));
  return marks;
}

/// Two interfaces of one host that the kernel gives one address: what it makes of others (bridges, VLANs) has that of
/// one of them, and so have the members of what shares a load, or an adapter and the function that it sends through.
bool share_an_address(const Topology& topology, NodeIndex one, NodeIndex other) {
  const auto fact = [&](NodeIndex node, const char* name) {
    return said(topology, node, topology::interface_origin, name);
  };
  const auto name = fact(one, topology::interface_name), of_other = fact(other, topology::interface_name);
  if (name.empty() || of_other.empty()) return false;
  if (topology::host_of(topology.nodes(), one) != topology::host_of(topology.nodes(), other)) return false;
  if (topology.node(one).kind == NodeKind::other && topology.node(other).kind == NodeKind::other) return true;
  const auto master = fact(one, topology::master_name), master_of_other = fact(other, topology::master_name);
  return master == of_other || master_of_other == name || (!master.empty() && master == master_of_other);
}

}  // namespace

void find_cut_off(const Topology& topology, std::vector<Finding>& found) {
  const NodeKind ranks = rank_kind(topology).value_or(NodeKind::gpu);
  std::vector<NodeIndex> devices;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    const NodeKind kind = topology.node(i).kind;
    if (kind == ranks || kind == NodeKind::gpu) devices.push_back(i);
  }
  Joined joined(topology, owners_of_links(topology, ranks));
  std::map<NodeIndex, std::size_t> sizes;
  for (const NodeIndex device : devices) ++sizes[joined.set_of(device)];
  const auto largest = std::ranges::max_element(sizes, {}, [](const auto& set) { return set.second; });
  for (const NodeIndex device : devices) {
    if (joined.set_of(device) == largest->first) continue;
    found.push_back(
        {Finding::Kind::cut_off,
         fmt::format("{} does not reach {} of the {} devices (no links that carry something both ways lead "
                     "there)",
                     name_of(topology, device), devices.size() - sizes[joined.set_of(device)], devices.size())});
  }
}

void find_without_network(const Topology& topology, std::vector<Finding>& found) {
  const std::vector<bool> on = on_network(topology);
  std::vector<NodeIndex> without;
  std::size_t with = 0;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    if (topology.node(i).kind != NodeKind::nic) continue;
    if (on[i])
      ++with;
    else
      without.push_back(i);
  }
  if (with == 0) return;
  for (const NodeIndex nic : without)
    found.push_back(
        {Finding::Kind::without_network, fmt::format("{} is on no network ({} {})", name_of(topology, nic),
                                                     counted(with, "other NIC"), with == 1 ? "is" : "are")});
}

void find_same_identities(const Topology& topology, std::vector<Finding>& found) {
  std::map<std::tuple<NodeKind, NodeIndex, std::string>, NodeIndex> owners;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i)
    for (auto& [host, mark] : marks_of(topology, i)) {
      const auto [owner, is_first] = owners.try_emplace({topology.node(i).kind, host, mark}, i);
      if (is_first || (mark.starts_with("identity") && share_an_address(topology, owner->second, i))) continue;
      found.push_back(
          {Finding::Kind::same_identity,
           fmt::format("{} and {} both have the {}", name_of(topology, owner->second), name_of(topology, i), mark)});
    }
}

}  // namespace treering::topo
