// What looks wrong about where cables of the network end.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"
#include "topology/adjacency.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::NodeKind;

bool is_network_switch(const Topology& topology, NodeIndex node) {
  return topology.node(node).kind == NodeKind::network_switch;
}

/// How far switches are from the hosts: 0 where a link leads to anything but a switch, else one more than the least of
/// the switches beside them.
class Levels {
 public:
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  Levels(const Topology& topology, const topology::Adjacency& adjacency) : levels_(topology.nodes().size(), none) {
    std::vector<NodeIndex> next;
    for (NodeIndex i = 0; i < levels_.size(); ++i)
      if (is_network_switch(topology, i) &&
          std::ranges::any_of(adjacency.of(i), [&](const Arc& arc) { return !is_network_switch(topology, arc.to); })) {
        levels_[i] = 0;
        next.push_back(i);
      }
    for (std::size_t i = 0; i < next.size(); ++i)
      for (const Arc& arc : adjacency.of(next[i])) {
        if (!is_network_switch(topology, arc.to) || levels_[arc.to] != none) continue;
        levels_[arc.to] = levels_[next[i]] + 1;
        next.push_back(arc.to);
      }
  }

  /// `none` of what is no switch, and of switches that lead to no host.
  std::uint32_t of(NodeIndex node) const { return levels_[node]; }

 private:
  std::vector<std::uint32_t> levels_;
};

/// Switches of one level that have as many links down as each other, by their number of links up.
using Likes = std::map<std::uint64_t, std::vector<NodeIndex>>;

std::map<std::pair<std::uint32_t, std::uint64_t>, Likes> switches_by_likes(const Topology& topology) {
  const topology::Adjacency adjacency(topology);
  const Levels levels(topology, adjacency);
  std::map<std::pair<std::uint32_t, std::uint64_t>, Likes> all;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    const std::uint32_t level = levels.of(i);
    if (level == Levels::none) continue;
    std::uint64_t up = 0, down = 0;
    for (const Arc& arc : adjacency.of(i)) {
      const std::uint64_t links = topology.link(arc.link).count.value_or(1);
      const std::uint32_t other = levels.of(arc.to);
      if (other == Levels::none || other < level)
        down += links;
      else if (other > level)
        up += links;
    }
    all[{level, down}][up].push_back(i);
  }
  return all;
}

/// Where the NICs of a host are: for each, by name, the switches that it has links to.
using Rails = std::map<std::string, std::set<NodeIndex>>;

std::map<Rails, std::vector<NodeIndex>> hosts_by_rails(const Topology& topology) {
  std::map<NodeIndex, Rails> rails;
  for (const topology::Link& link : topology.links())
    for (const auto& [end, to] : {std::pair(link.from, link.to), std::pair(link.to, link.from)}) {
      if (!is_network_switch(topology, to)) continue;
      NodeIndex nic = end;
      while (nic != topology::no_node && topology.node(nic).kind != NodeKind::nic) nic = topology.node(nic).parent;
      const NodeIndex host = nic == topology::no_node ? nic : topology::host_of(topology.nodes(), nic);
      if (host != topology::no_node) rails[host][topology.node(nic).name].insert(to);
    }
  std::map<Rails, std::vector<NodeIndex>> hosts;
  for (auto& [host, of_host] : rails) hosts[std::move(of_host)].push_back(host);
  return hosts;
}

/// The NICs that are elsewhere in `odd`; nothing where it has others, or where not most of them, two at least, are in
/// the same place.
std::vector<std::string> elsewhere(const Rails& odd, const Rails& usual) {
  std::vector<std::string> found;
  if (odd.size() != usual.size()) return {};
  for (auto a = odd.begin(), b = usual.begin(); a != odd.end(); ++a, ++b) {
    if (a->first != b->first) return {};
    if (a->second != b->second) found.push_back(a->first);
  }
  const std::size_t same = odd.size() - found.size();
  return same >= 2 && same > found.size() ? found : std::vector<std::string>();
}

std::string names_of(const Topology& topology, const std::set<NodeIndex>& nodes) {
  std::vector<std::string> names;
  for (const NodeIndex node : nodes) names.push_back(name_of(topology, node));
  return fmt::format("{}", fmt::join(names, " and "));
}

constexpr std::size_t few = 4;  // a quarter or less of those that it is held against is odd

}  // namespace

void find_missing_uplinks(const Topology& topology, std::vector<Finding>& found) {
  for (const auto& [where, likes] : switches_by_likes(topology)) {
    const auto& [usual_links, usual] =
        *std::ranges::max_element(likes, {}, [](const auto& like) { return like.second.size(); });
    for (const auto& [links, switches] : likes) {
      if (links >= usual_links || usual.size() < few || switches.size() * few > usual.size()) continue;
      for (const NodeIndex odd : switches)
        found.push_back({Finding::Kind::odd_cabling,
                         fmt::format("{} has {} to network switches above it ({} others like it have {})",
                                     name_of(topology, odd), counted(links, "link"), usual.size(), usual_links)});
    }
  }
}

void find_nics_elsewhere(const Topology& topology, std::vector<Finding>& found) {
  const auto all = hosts_by_rails(topology);
  std::map<NodeIndex, std::set<const Rails*>> users;  // of each leaf, with several hosts each
  for (const auto& [rails, hosts] : all)
    for (const auto& [nic, leaves] : rails)
      for (const NodeIndex leaf : leaves)
        if (hosts.size() >= few) users[leaf].insert(&rails);
  for (const auto& [odd, hosts] : all) {
    for (const auto& [usual, others] : all) {
      if (others.size() < few || hosts.size() * few > others.size()) continue;
      for (const std::string& nic : elsewhere(odd, usual)) {
        const auto& leaves = odd.at(nic);
        const bool is_of_others = std::ranges::any_of(leaves, [&](NodeIndex leaf) {
          const auto known = users.find(leaf);
          return known != users.end() && known->second.size() > known->second.count(&odd);
        });
        if (!is_of_others) continue;  // a rail may have more leaves than others
        for (const NodeIndex host : hosts)
          found.push_back({Finding::Kind::odd_cabling,
                           fmt::format("{} of {} is on {} ({} of the {} hosts that share its other leaves: {})", nic,
                                       name_of(topology, host), names_of(topology, leaves), nic, others.size(),
                                       names_of(topology, usual.at(nic)))});
      }
    }
  }
}

}  // namespace treering::topo
