#include "communicator/placement.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <numeric>
#include <span>

namespace treering {
namespace {

using Key = std::uint64_t;
using KeyOf = std::function<Key(Rank)>;

const Member& member(const Roster& roster, Rank rank) {
  return roster[static_cast<std::size_t>(rank)];
}

/// The lowest rank that has the same id.
KeyOf lowest_rank_with(const Roster& roster, std::array<std::byte, 16> Member::*id) {
  std::map<std::array<std::byte, 16>, Rank> lowest;
  for (Rank rank = 0; rank < std::ssize(roster); ++rank) lowest.emplace(member(roster, rank).*id, rank);
  return [&roster, id, lowest = std::move(lowest)](Rank rank) {
    return static_cast<Key>(lowest.at(member(roster, rank).*id));
  };
}

KeyOf domains_of(const Roster& roster) {
  return [&roster](Rank rank) {
    const Processors& processors = member(roster, rank).processors;
    return static_cast<Key>(processors.first_domain) << 32 | static_cast<std::uint32_t>(processors.domains);
  };
}

/// Along the network, where rank 0 knows how it is; else by the lowest rank.
KeyOf places_of_hosts(const Roster& roster) {
  if (!is_placed(roster)) return lowest_rank_with(roster, &Member::boot);
  return [&roster](Rank rank) { return static_cast<Key>(member(roster, rank).place); };
}

std::size_t end_of_group(std::span<const Rank> ranks, std::size_t first, const KeyOf& key) {
  std::size_t end = first;
  while (end < ranks.size() && key(ranks[end]) == key(ranks[first])) ++end;
  return end;
}

bool lie_together(std::span<const Rank> ranks, const KeyOf& key) {
  std::vector<Key> seen;
  for (std::size_t k = 0; k < ranks.size(); k = end_of_group(ranks, k, key)) seen.push_back(key(ranks[k]));
  std::ranges::sort(seen);
  return std::ranges::adjacent_find(seen) == seen.end();
}

/// Brings together the ranks that have the first key in common, and those of each group by the keys that follow.
void bring_together(std::span<Rank> ranks, std::span<const KeyOf> keys) {
  if (keys.empty()) return;
  const KeyOf& key = keys.front();
  if (!lie_together(ranks, key)) std::ranges::stable_sort(ranks, {}, key);
  for (std::size_t k = 0, end; k < ranks.size(); k = end) {
    end = end_of_group(ranks, k, key);
    bring_together(ranks.subspan(k, end - k), keys.subspan(1));
  }
}

std::vector<Rank> all_ranks(const Roster& roster) {
  std::vector<Rank> ranks(roster.size());
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

/// What the topology says goes before what the port or interface says.
std::uint32_t mbits_of(const Member& one, Reach between) {
  if (one.declared_mbits > 0) return one.declared_mbits;
  return between == Reach::verbs ? one.rdma.mbits : one.mbits;
}

Machine machine_within(Reach within, Rank ranks, Rank cores, const HostConstants& constants) {
  switch (within) {
    case Reach::verbs: return loopback_rdma_machine(ranks, cores, constants);
    case Reach::ucx:  // within a host it may share memory, or not: as sure as TCP
    case Reach::tcp: return loopback_tcp_machine(ranks, cores, constants);
    default: return shared_memory_machine(ranks, cores, constants);
  }
}

}  // namespace

bool is_placed(const Roster& roster) {
  return roster.front().place != Member::nowhere;
}

RankOrder order_by_place(const Roster& roster) {
  std::vector<Rank> ranks = all_ranks(roster);
  const KeyOf keys[] = {places_of_hosts(roster), domains_of(roster), lowest_rank_with(roster, &Member::process)};
  if (is_placed(roster)) std::ranges::stable_sort(ranks, {}, keys[0]);
  bring_together(ranks, keys);
  return RankOrder(std::move(ranks));
}

PortRate port_rate(const Roster& roster, Reach between) {
  PortRate rate;
  for (const HostOfRoster& host : hosts_of(roster)) {
    // Containers of a host may have interfaces of their own.
    const Member* slowest_here = nullptr;
    for (const Rank rank : host.ranks) {
      const Member& one = member(roster, rank);
      const std::uint32_t mbits = mbits_of(one, between);
      if (mbits > 0 && (slowest_here == nullptr || mbits < mbits_of(*slowest_here, between))) slowest_here = &one;
    }
    if (slowest_here == nullptr) continue;
    ++rate.hosts_known;
    if (rate.slowest == nullptr || mbits_of(*slowest_here, between) < rate.mbits) rate.slowest = slowest_here;
    rate.mbits = mbits_of(*rate.slowest, between);
    rate.is_declared = rate.slowest->declared_mbits > 0;
  }
  return rate;
}

Cluster cluster_of(const Roster& roster, Reach within, Reach between) {
  Cluster cluster;
  cluster.host_of.resize(roster.size());
  for (const HostOfRoster& host : hosts_of(roster)) {
    for (const Rank rank : host.ranks)
      cluster.host_of[static_cast<std::size_t>(rank)] = static_cast<std::uint32_t>(cluster.hosts.size());
    cluster.hosts.push_back({static_cast<Rank>(host.ranks.size()), host.cores});
  }
  const auto& [ranks, cores] = *std::ranges::max_element(cluster.hosts, is_less_crowded);
  for (const Member& one : roster)
    cluster.constants = one.rank == 0 ? one.constants : slower_of(cluster.constants, one.constants);
  cluster.within = machine_within(within, ranks, cores, cluster.constants);
  const PortRate port = port_rate(roster, between);
  const std::uint32_t mbits = port.slowest == nullptr ? assumed_mbits : port.mbits;
  cluster.between = between == Reach::verbs ? network_rdma_machine(ranks, cores, cluster.constants, mbits)
                                            : network_tcp_machine(ranks, cores, cluster.constants, mbits);
  return cluster;
}

Rank hops_between_hosts(const Roster& roster, const RankOrder& order) {
  const auto ranks = static_cast<Rank>(roster.size());
  Rank hops = 0;
  for (Rank k = 0; k < ranks; ++k)
    hops += !may_share_host(member(roster, order.rank_at(k)), member(roster, order.rank_at(mod(k + 1, ranks))));
  return hops;
}

}  // namespace treering
