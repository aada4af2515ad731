#include "topology/described_networks.hpp"

#include <fmt/format.h>

#include <utility>

#include "topology/described_host.hpp"
#include "topology/description_size.hpp"

namespace treering::topology {

Speed network_speed(const Description& description) {
  if (!description.inside) return description.speed;
  const Speed& nics = description.inside->nics.speed;
  return {.gbs = nics.gbs.or_else(description.speed.gbs),
          .latency_us = nics.latency_us.or_else(description.speed.latency_us)};
}

void link_network(TopologyBuilder& builder, NodeIndex from, NodeIndex to, const Speed& speed) {
  builder.add(
      Link{.from = from, .to = to, .type = LinkType::network, .declared = both_ways(speed.gbs, speed.latency_us)});
}

NodeIndex add_network_switch(TopologyBuilder& builder, std::string name) {
  return builder.add(Node{.kind = NodeKind::network_switch, .name = std::move(name)});
}

void add_network(TopologyBuilder& builder, const Description& description, const Flat& flat) {
  const HostSize host = host_size(description);
  std::vector<NodeIndex> switches;
  if (flat.rails) {
    for (std::uint64_t rail = 0; rail < host.nics; ++rail) {
      switches.push_back(add_network_switch(builder, fmt::format("rail{}", rail)));
    }
  } else if (flat.hosts > 1 || host.nics > 0) {
    switches.push_back(add_network_switch(builder, "network"));
  }
  Speed speed = network_speed(description);
  if (speed.latency_us.is_known()) speed.latency_us = speed.latency_us.value() / 2;  // two links from host to host
  for (std::uint32_t h = 0; h < flat.hosts; ++h) {
    const std::vector<NodeIndex> ends = add_host(builder, description, h);
    if (switches.empty()) continue;
    for (std::size_t k = 0; k < ends.size(); ++k) link_network(builder, ends[k], switches[k % switches.size()], speed);
  }
}

void add_network(TopologyBuilder& builder, const Description& description, const Dragonfly& dragonfly) {
  const Speed speed = network_speed(description);
  std::vector<NodeIndex> routers;
  std::uint32_t hosts = 0;
  for (std::uint32_t group = 0; group < dragonfly.groups; ++group) {
    for (std::uint32_t router = 0; router < dragonfly.routers; ++router) {
      const NodeIndex added = add_network_switch(builder, fmt::format("group{}-router{}", group, router));
      for (std::uint32_t other = 0; other < router; ++other) {
        link_network(builder, routers[group * dragonfly.routers + other], added, speed);
      }
      routers.push_back(added);
      for (std::uint32_t h = 0; h < dragonfly.hosts_per_router; ++h) {
        for (const NodeIndex end : add_host(builder, description, hosts++)) link_network(builder, end, added, speed);
      }
    }
  }
  // The cables of a group, in the order of the groups that come after it round a circle, lie on its routers in order,
  // as many on each. Group g's cable to group g + d is number d - 1, its second one number d - 1 + (groups - 1), and so
  // on.
  const std::uint64_t copies = links_between_groups(dragonfly);
  const std::uint64_t others = dragonfly.groups - 1;
  const auto router = [&](std::uint64_t group, std::uint64_t other, std::uint64_t copy) {
    const std::uint64_t cable = (other + dragonfly.groups - group) % dragonfly.groups - 1 + copy * others;
    return routers[group * dragonfly.routers + cable * dragonfly.routers / (copies * others)];
  };
  const Speed global{.gbs = dragonfly.global.gbs.or_else(speed.gbs),
                     .latency_us = dragonfly.global.latency_us.or_else(speed.latency_us)};
  for (std::uint64_t a = 0; a < dragonfly.groups; ++a) {
    for (std::uint64_t b = a + 1; b < dragonfly.groups; ++b) {
      for (std::uint64_t copy = 0; copy < copies; ++copy) {
        link_network(builder, router(a, b, copy), router(b, a, copy), global);
      }
    }
  }
}

Result<Topology> topology_of(const Description& description, const Limits& limits) {
  TopologyBuilder builder(limits);
  std::visit([&](const auto& network) { add_network(builder, description, network); }, description.network);
  return std::move(builder).build();
}

Result<Topology> described_topology(std::string_view text, const Limits& limits) {
  const auto described = description(text, limits);
  if (!described) return Error(described.error());
  return topology_of(*described, limits);
}

}  // namespace treering::topology
