#include "planning/host_walk.hpp"

#include <algorithm>
#include <cmath>

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

/// Hosts and switches, each with those that it is linked to.
class Neighbours {
 public:
  explicit Neighbours(const Topology& topology) : first_(topology.nodes().size() + 1) {
    const std::vector<NodeIndex> owners = hosts_or_selves(topology);
    const auto each_end = [&](const auto& take) {
      for (const Link& link : topology.links()) {
        const NodeIndex from = owners[link.from], to = owners[link.to];
        if (from == to || !carries_something(link)) continue;
        take(from, to);
        take(to, from);
        is_host_to_host_ = is_host_to_host_ || (is_host(topology, from) && is_host(topology, to));
      }
    };
    each_end([&](NodeIndex from, NodeIndex) { ++first_[from + 1]; });
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    to_.resize(first_.back());
    each_end([&](NodeIndex from, NodeIndex to) { to_[next[from]++] = to; });
  }

  std::span<const NodeIndex> of(NodeIndex node) const {
    return std::span(to_).subspan(first_[node], first_[node + 1] - first_[node]);
  }
  /// Hosts pass on what is for others only where they are linked to one another.
  bool passes_hosts() const { return is_host_to_host_; }

  static bool is_host(const Topology& topology, NodeIndex node) { return topology.node(node).kind == NodeKind::host; }

 private:
  std::vector<std::uint32_t> first_;
  std::vector<NodeIndex> to_;
  bool is_host_to_host_ = false;
};

/// Goes from each host to the nearest that is left.
class NearestFirst {
 public:
  NearestFirst(const Topology& topology, std::span<const NodeIndex> hosts)
      : topology_(topology),
        hosts_(hosts),
        neighbours_(topology),
        wanted_(topology.nodes().size(), nobody),
        seen_(topology.nodes().size(), 0) {
    for (std::uint32_t k = 0; k < hosts.size(); ++k) wanted_[hosts[k]] = k;
  }

  std::vector<NodeIndex> walk() {
    std::vector<NodeIndex> order;
    std::size_t least_left = 0;
    for (std::uint32_t next = 0; order.size() < hosts_.size();) {
      order.push_back(hosts_[next]);
      wanted_[hosts_[next]] = nobody;
      next = nearest(hosts_[next]);
      if (next != nobody) continue;
      while (least_left < hosts_.size() && wanted_[hosts_[least_left]] == nobody) ++least_left;
      next = static_cast<std::uint32_t>(least_left);
    }
    return order;
  }

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  /// By its place among the hosts, or nobody.
  std::uint32_t nearest(NodeIndex from) {
    ++round_;
    seen_[from] = round_;
    front_.assign(1, from);
    while (!front_.empty()) {
      std::uint32_t found = nobody;
      next_.clear();
      for (const NodeIndex node : front_)
        for (const NodeIndex to : neighbours_.of(node)) {
          if (seen_[to] == round_) continue;
          seen_[to] = round_;
          found = std::min(found, wanted_[to]);
          if (neighbours_.passes_hosts() || !Neighbours::is_host(topology_, to)) next_.push_back(to);
        }
      if (found != nobody) return found;
      front_.swap(next_);
    }
    return nobody;
  }

  const Topology& topology_;
  const std::span<const NodeIndex> hosts_;
  const Neighbours neighbours_;
  std::vector<std::uint32_t> wanted_;  // of the nodes: the place among the hosts of those that are left
  std::vector<std::uint32_t> seen_;    // of the nodes: the round in which they were last seen
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
  constexpr double mbits_in_gbs = 8000, most = 100'000'000;
  const std::vector<NodeIndex> owners = hosts_or_selves(topology);
  std::vector<std::uint32_t> mbits(topology.nodes().size());
  for (const Link& link : topology.links()) {
    if (owners[link.from] == owners[link.to]) continue;
    const topology::Capacity capacity = topology::capacity(link);
    const double gbs = std::min(capacity.forward_gbs.value_or(0), capacity.back_gbs.value_or(0));
    const auto rate = static_cast<std::uint32_t>(std::lround(std::min(gbs * mbits_in_gbs, most)));
    for (const NodeIndex end : {owners[link.from], owners[link.to]})
      if (Neighbours::is_host(topology, end)) mbits[end] = std::max(mbits[end], rate);
  }
  return mbits;
}

}  // namespace treering
