#include "simulation/network.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "topology/names.hpp"

namespace treering {
namespace {

/// MB/s of all links of each node, the wider direction of each; 0 where one is not known.
std::vector<std::uint64_t> rates_at_nodes(const topology::Topology& topology, const std::vector<std::uint32_t>& rates) {
  std::vector<std::uint64_t> at(topology.nodes().size());
  std::vector<bool> is_known(at.size(), true);
  for (topology::LinkIndex i = 0; i < topology.links().size(); ++i) {
    const std::uint32_t rate = std::max(rates[2 * i], rates[2 * i + 1]);
    for (const topology::NodeIndex node : {topology.link(i).from, topology.link(i).to}) {
      at[node] += rate;
      is_known[node] = is_known[node] && rate != unlimited;
    }
  }
  for (std::size_t node = 0; node < at.size(); ++node)
    if (!is_known[node]) at[node] = 0;
  return at;
}

}  // namespace

Network::Network(const topology::Topology& topology, std::vector<topology::NodeIndex> ranks,
                 const AssumedLatencies& assumed, std::vector<topology::NodeIndex> owners)
    : topology_(topology),
      nodes_(std::move(ranks)),
      routes_(topology, std::move(owners)),
      rates_(channel_rates(topology)),
      latencies_of_types_(assumed) {
  constexpr double ps_in_us = 1e6, most_us = 1e9;
  for (const topology::Link& link : topology.links()) {
    const topology::Figure us = topology::capacity(link).latency_us;
    const auto type = static_cast<std::size_t>(link.type);
    assumed_[type] += !us.is_known();
    latencies_ps_.push_back(us.is_known()
                                ? static_cast<std::uint64_t>(std::llround(std::fmin(us.value(), most_us) * ps_in_us))
                                : assumed.ps[type]);
  }
  const std::vector<std::uint64_t> at_nodes = rates_at_nodes(topology, rates_);
  for (const topology::NodeIndex node : nodes_) at_ranks_.push_back(at_nodes[node]);
}

Result<void> Network::append_route(Rank from, Rank to, std::vector<Channel>& route) {
  const topology::NodeIndex a = nodes_[static_cast<std::size_t>(from)], b = nodes_[static_cast<std::size_t>(to)];
  if (routes_.append(a, b, static_cast<std::uint32_t>(to), route)) return {};
  return Error{Code::invalid_argument, "no way leads from " + topology::full_name(topology_.nodes(), a) + " to " +
                                           topology::full_name(topology_.nodes(), b) +
                                           " (no links do, or some carry nothing) look for them with --check"};
}

}  // namespace treering
