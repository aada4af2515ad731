#include "planning/host_walk.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "options/constants.hpp"
#include "planning/torus_walk.hpp"
#include "topology/names.hpp"

namespace treering {
namespace {

using topology::Link;
using topology::NodeIndex;
using topology::NodeKind;
using topology::Topology;

/// Of every node the host that it lies in, or itself.
std::vector<NodeIndex> hosts_or_selves(const Topology& topology) {
  std::vector<NodeIndex> owners(topology.nodes().size());
  for (NodeIndex i = 0; i < owners.size(); ++i) {
    const NodeIndex host = topology::host_of(topology.nodes(), i);
    owners[i] = host == topology::no_node ? i : host;
  }
  return owners;
}

bool carries_something(const Link& link) {
  const topology::Capacity capacity = topology::capacity(link);
  return capacity.forward_gbs.value_or(1) > 0 || capacity.back_gbs.value_or(1) > 0;
}

bool is_host(const Topology& topology, NodeIndex node) {
  return topology.node(node).kind == NodeKind::host;
}

/// Goes from each host to the nearest that is left.
class NearestFirst {
 public:
  NearestFirst(const Topology& topology, std::span<const NodeIndex> hosts)
      : topology_(topology), hosts_(hosts), left_(topology.nodes().size(), nobody), seen_(topology.nodes().size(), 0) {
    for (std::uint32_t k = 0; k < hosts.size(); ++k) left_[hosts[k]] = k;
    find_neighbours();
  }

  std::vector<NodeIndex> walk() {
    std::vector<NodeIndex> order;
    std::size_t first_left = 0;
    for (std::uint32_t next = 0; order.size() < hosts_.size();) {
      order.push_back(hosts_[next]);
      left_[hosts_[next]] = nobody;
      next = nearest(hosts_[next]);
      if (next != nobody) continue;
      while (first_left < hosts_.size() && left_[hosts_[first_left]] == nobody) ++first_left;
      next = static_cast<std::uint32_t>(first_left);
    }
    return order;
  }

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  /// Of a node, in to_: hosts in their order, from `left` on those that may be left; then switches.
  struct Range {
    std::uint32_t hosts = 0, left = 0, switches = 0, end = 0;
  };

  void find_neighbours() {
    const std::vector<NodeIndex> owners = hosts_or_selves(topology_);
    std::vector<std::pair<NodeIndex, NodeIndex>> ways;
    for (const Link& link : topology_.links()) {
      const NodeIndex from = owners[link.from], to = owners[link.to];
      if (from == to || !carries_something(link)) continue;
      ways.emplace_back(from, to);
      ways.emplace_back(to, from);
      passes_hosts_ = passes_hosts_ || (is_host(topology_, from) && is_host(topology_, to));
    }
    std::ranges::sort(ways, {}, [&](const auto& way) {
      return std::tuple(way.first, !is_host(topology_, way.second), left_[way.second], way.second);
    });
    ranges_.resize(topology_.nodes().size());
    for (std::uint32_t k = 0; k < ways.size(); ++k) {
      const auto [from, to] = ways[k];
      Range& range = ranges_[from];
      if (range.end == 0) range = {k, k, k, k};
      range.switches += is_host(topology_, to);
      range.end = k + 1;
      to_.push_back(to);
    }
  }

  /// The first host that is left beside a node, or nobody. Those that are not are passed once and for all, so that
  /// large switches cost no more than small ones.
  std::uint32_t first_beside(NodeIndex node) {
    Range& range = ranges_[node];
    while (range.left < range.switches && left_[to_[range.left]] == nobody) ++range.left;
    return range.left < range.switches ? left_[to_[range.left]] : nobody;
  }

  /// By its place among the hosts, or nobody.
  std::uint32_t nearest(NodeIndex from) {
    ++round_;
    seen_[from] = round_;
    front_.assign(1, from);
    while (!front_.empty()) {
      std::uint32_t found = nobody;
      for (const NodeIndex node : front_) found = std::min(found, first_beside(node));
      if (found != nobody) return found;
      next_.clear();
      for (const NodeIndex node : front_) {
        // Hosts pass on what is for others only where they are linked to one another.
        const Range& range = ranges_[node];
        for (std::uint32_t k = passes_hosts_ ? range.hosts : range.switches; k < range.end; ++k) {
          if (seen_[to_[k]] == round_) continue;
          seen_[to_[k]] = round_;
          next_.push_back(to_[k]);
        }
      }
      front_.swap(next_);
    }
    return nobody;
  }

  const Topology& topology_;
  const std::span<const NodeIndex> hosts_;
  bool passes_hosts_ = false;
  std::vector<NodeIndex> to_;
  std::vector<Range> ranges_;        // of the nodes
  std::vector<std::uint32_t> left_;  // of the nodes: the place among the hosts of those that are left
  std::vector<std::uint32_t> seen_;  // of the nodes: the round in which they were last seen
  std::uint32_t round_ = 0;
  std::vector<NodeIndex> front_, next_;
};

}  // namespace

std::vector<NodeIndex> host_walk(const Topology& topology, std::span<const NodeIndex> hosts) {
  if (auto walk = torus_walk(topology, hosts)) return *std::move(walk);
  return NearestFirst(topology, hosts).walk();
}

std::vector<NodeIndex> along_the_network(const Topology& topology, std::vector<NodeIndex> nodes) {
  std::vector<NodeIndex> hosts;
  std::vector<bool> is_known(topology.nodes().size());
  for (const NodeIndex node : nodes) {
    const NodeIndex host = topology::host_of(topology.nodes(), node);
    if (host == topology::no_node) return nodes;
    if (!is_known[host]) hosts.push_back(host);
    is_known[host] = true;
  }
  std::vector<std::size_t> places(topology.nodes().size());
  std::size_t next = 0;
  for (const NodeIndex host : host_walk(topology, hosts)) places[host] = next++;
  std::ranges::stable_sort(nodes, {},
                           [&](NodeIndex node) { return places[topology::host_of(topology.nodes(), node)]; });
  return nodes;
}

std::vector<NodeIndex> hosts_of(const Topology& topology) {
  std::vector<NodeIndex> hosts;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i)
    if (topology.node(i).kind == NodeKind::host) hosts.push_back(i);
  return hosts;
}

std::vector<std::uint32_t> port_mbits(const Topology& topology) {
  constexpr double mbits_in_gbs = 8000, most = most_mbits;
  const std::vector<NodeIndex> owners = hosts_or_selves(topology);
  std::vector<std::uint32_t> mbits(topology.nodes().size());
  for (const Link& link : topology.links()) {
    if (owners[link.from] == owners[link.to]) continue;
    const topology::Capacity capacity = topology::capacity(link);
    const double gbs = std::min(capacity.forward_gbs.value_or(0), capacity.back_gbs.value_or(0));
    const auto rate = static_cast<std::uint32_t>(std::lround(std::min(gbs * mbits_in_gbs, most)));
    for (const NodeIndex end : {owners[link.from], owners[link.to]})
      if (is_host(topology, end)) mbits[end] = std::max(mbits[end], rate);
  }
  return mbits;
}

}  // namespace treering
