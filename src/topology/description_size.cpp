#include "topology/description_size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace treering::topology {
namespace {

constexpr std::uint64_t most = 1ull << 62;

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > most / b ? most : std::min(most, a * b);
}
std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  return std::min(most, a + b);
}
std::uint64_t pairs(std::uint64_t n) {
  return n == 0 ? 0 : times(n, n - 1) / 2;
}
std::uint64_t quotient_up(std::uint64_t a, std::uint64_t b) {
  return (a + b - 1) / b;
}

/// The smallest number whose power is at least n.
std::uint64_t root_up(std::uint64_t n, std::uint32_t exponent) {
  if (exponent == 1) return n;
  for (std::uint64_t root = 1;; ++root) {
    std::uint64_t power = 1;
    for (std::uint32_t i = 0; i < exponent; ++i) power = times(power, root);
    if (power >= n) return root;
  }
}

struct Size {
  std::uint64_t nodes = 0;
  std::uint64_t links = 0;
};

/// Switches, and the links that end at them.
Size size_of(const Flat& flat, const HostSize& host) {
  if (host.nics == 0 && flat.hosts == 1) return {};
  return {.nodes = flat.rails ? host.nics : 1, .links = times(flat.hosts, host.ends())};
}

Size size_of(const Torus& torus, const HostSize&) {
  std::uint64_t links = torus.extents.size();
  for (const std::uint32_t extent : torus.extents) links = times(links, extent);
  return {.links = links};
}

Size size_of(const FatTree& tree, const HostSize& host) {
  const FatTreeSize of_tree = fat_tree_size(tree, host.ends());
  Size size{.links = times(tree.hosts, host.ends())};
  for (std::size_t level = 0; level < of_tree.switches.size(); ++level) {
    size.nodes = plus(size.nodes, of_tree.switches[level]);
    size.links = plus(size.links, times(of_tree.switches[level], of_tree.links[level]));
  }
  return size;
}

Size size_of(const Dragonfly& dragonfly, const HostSize& host) {
  const std::uint64_t routers = times(dragonfly.groups, dragonfly.routers);
  const std::uint64_t between = times(pairs(dragonfly.groups), links_between_groups(dragonfly));
  const std::uint64_t within = times(dragonfly.groups, pairs(dragonfly.routers));
  return {.nodes = routers,
          .links = plus(plus(between, within), times(times(routers, dragonfly.hosts_per_router), host.ends()))};
}

std::uint64_t hosts_of(const Flat& flat) {
  return flat.hosts;
}
std::uint64_t hosts_of(const FatTree& tree) {
  return tree.hosts;
}
std::uint64_t hosts_of(const Torus& torus) {
  return std::accumulate(torus.extents.begin(), torus.extents.end(), std::uint64_t{1}, times);
}
std::uint64_t hosts_of(const Dragonfly& dragonfly) {
  return times(times(dragonfly.groups, dragonfly.routers), dragonfly.hosts_per_router);
}

bool has_rails(const Description& description) {
  const auto* flat = std::get_if<Flat>(&description.network);
  const auto* tree = std::get_if<FatTree>(&description.network);
  return (flat != nullptr && flat->rails) || (tree != nullptr && tree->rails);
}

}  // namespace

std::string problem_of(const Torus& torus) {
  if (torus.extents.empty() || torus.extents.size() > 6) return "1 to 6 extents are expected";
  if (!torus.twisted) return "";
  const auto [first, last] = std::minmax_element(torus.extents.begin(), torus.extents.end());
  const std::uint32_t shortest = *first, longest = *last;
  const auto fits = [&](std::uint32_t extent) { return extent == shortest || extent == longest; };
  const bool is_twistable =
      shortest >= 2 && longest == 2 * shortest && std::all_of(torus.extents.begin(), torus.extents.end(), fits);
  return is_twistable ? "" : "a twisted torus has extents k and 2k, both of them, k at least 2";
}

std::string problem_of(const Dragonfly& dragonfly) {
  if (dragonfly.groups == 1 || links_between_groups(dragonfly) > 0) return "";
  return fmt::format("{} routers of a group with so many global links do not reach {} other groups", dragonfly.routers,
                     dragonfly.groups - 1);
}

std::uint64_t links_between_groups(const Dragonfly& dragonfly) {
  if (dragonfly.groups == 1) return 0;
  if (!dragonfly.global_links) return 1;
  return times(dragonfly.routers, *dragonfly.global_links) / (dragonfly.groups - 1);
}

std::uint64_t hosts(const Description& description) {
  return std::visit([](const auto& network) { return hosts_of(network); }, description.network);
}

HostSize host_size(const Description& description) {
  if (!description.inside) return {.nodes = 1};
  const Inside& in = *description.inside;
  HostSize size{.domains = std::max(1u, in.numa.count), .nics = in.nics.count};
  if (size.nics == 0 && hosts(description) > 1) size.nics = 1;
  if (in.gpus.count > 0 && in.nics.count > 0) {
    const auto [fewer, more] = std::minmax(in.gpus.count, in.nics.count);
    size.switches = std::clamp<std::uint64_t>(size.domains, fewer, more);
  }
  const std::uint64_t devices = size.switches + in.gpus.count + size.nics + in.cores.count;
  const bool has_nvswitch = in.gpus.fabric == GpuFabric::nvswitch;
  const bool is_mesh = in.gpus.fabric == GpuFabric::nvlink || in.gpus.fabric == GpuFabric::xgmi;
  size.nodes = 1 + size.domains + devices + (has_nvswitch ? 1 : 0);
  size.links =
      pairs(size.domains) + devices + (has_nvswitch ? in.gpus.count : 0) + (is_mesh ? pairs(in.gpus.count) : 0);
  return size;
}

FatTreeSize fat_tree_size(const FatTree& tree, std::uint64_t ends_per_host) {
  FatTreeSize size{.rails = tree.rails ? ends_per_host : 1, .parts = {}, .links = {}, .switches = {}};
  const std::uint64_t per_leaf = tree.hosts_per_leaf.value_or(root_up(tree.hosts, tree.levels));
  std::uint64_t groups = times(quotient_up(tree.hosts, per_leaf), size.rails);
  const std::uint64_t fanout = tree.levels == 1 ? 0 : root_up(groups, tree.levels - 1);
  std::uint64_t copies = 1;  // switches of a level that have the same below them
  std::uint64_t down = times(per_leaf, tree.rails ? 1 : ends_per_host);
  for (std::uint32_t level = 1; level <= tree.levels; ++level) {
    const std::uint64_t up = level == 1 ? quotient_up(times(down, tree.up), tree.down) : down;
    size.parts.push_back(level == 1 ? per_leaf : fanout);
    size.links.push_back(level == tree.levels ? 0 : up);
    size.switches.push_back(times(groups, copies));
    copies = times(copies, up);
    groups = level == tree.levels ? groups : quotient_up(groups, fanout);
    down = fanout;
  }
  return size;
}

std::string problem_of(const Description& description, const Limits& limits) {
  const HostSize host = host_size(description);
  const auto* tree = std::get_if<FatTree>(&description.network);
  if (has_rails(description) && (!description.inside || description.inside->nics.count == 0)) {
    return "the network is on rails, but hosts have no NICs (NIC k of each host is on rail k) say how many NICs a host "
           "has";
  }
  if (description.speed.gbs.is_known() && description.inside && description.inside->nics.speed.gbs.is_known()) {
    return "the rate of the network is said twice (for its links, and for the NICs at their ends) leave one out";
  }
  if (tree != nullptr && tree->levels == 1 && tree->hosts_per_leaf.value_or(tree->hosts) < tree->hosts) {
    return "the fat tree has one level and several leaves (nothing would join them) give it more levels or larger "
           "leaves";
  }
  const Size network = std::visit([&](const auto& one) { return size_of(one, host); }, description.network);
  const std::uint64_t nodes = plus(network.nodes, times(hosts(description), host.nodes));
  const std::uint64_t links = plus(network.links, times(hosts(description), host.links));
  if (nodes <= limits.nodes && links <= limits.links) return "";
  return fmt::format("this would be {} nodes and {} links (topologies have at most {} and {}) make it smaller", nodes,
                     links, limits.nodes, limits.links);
}

}  // namespace treering::topology
