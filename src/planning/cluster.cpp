#include "planning/cluster.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace treering {
namespace {

/// Neighbourhood k of so many is hosts [k H / n, (k+1) H / n).
std::size_t first_of(std::size_t neighbourhood, std::size_t hosts, std::size_t neighbourhoods) {
  return neighbourhood * hosts / neighbourhoods;
}
std::size_t neighbourhood_of(std::size_t host, std::size_t hosts, std::size_t neighbourhoods) {
  return ((host + 1) * neighbourhoods + hosts - 1) / hosts - 1;
}

std::size_t hosts_to_keep(const Cluster& cluster, Rank most_ranks, std::size_t least_hosts) {
  const std::size_t hosts = cluster.hosts.size();
  int halvings = 0;
  while (cluster.ranks() >> halvings > most_ranks && hosts >> (halvings + 1) >= least_hosts) ++halvings;
  const std::size_t kept = hosts >> halvings;
  return std::has_single_bit(kept) && !std::has_single_bit(hosts) ? kept + 1 : kept;
}

/// Of hosts [first, end), the one that stands for them: the one of the first rank of all or of the last, which may be
/// like no other, or the most crowded.
std::size_t kept_of(const Cluster& cluster, std::size_t first, std::size_t end) {
  for (const std::size_t host : {cluster.host_of.front(), cluster.host_of.back()})
    if (host >= first && host < end) return host;
  const auto at = [&](std::size_t host) { return cluster.hosts.begin() + static_cast<std::ptrdiff_t>(host); };
  return static_cast<std::size_t>(std::max_element(at(first), at(end), is_less_crowded) - at(0));
}

/// Of the ranks of a host that is kept, few stand for all.
std::size_t standing_for(std::size_t rank, std::size_t ranks) {
  constexpr std::size_t parts = 4;
  const std::size_t part = (ranks + parts - 1) / parts;
  return std::min(rank, ranks - 1) / part * part;
}

/// The whole, for itself.
Sample all_of(const Cluster& cluster) {
  Sample sample{cluster, std::vector<Rank>(cluster.host_of.size()), {}};
  std::iota(sample.kept.begin(), sample.kept.end(), 0);
  sample.stands_for = sample.kept;
  return sample;
}

}  // namespace

bool is_less_crowded(const Cluster::Host& a, const Cluster::Host& b) {
  return std::int64_t{a.ranks} * b.cores < std::int64_t{b.ranks} * a.cores;
}

Cluster in_order(const RankOrder& order, Cluster cluster) {
  if (order.is_rank_order()) return cluster;
  std::vector<std::uint32_t> by_position;
  by_position.reserve(cluster.host_of.size());
  for (Rank k = 0; k < cluster.ranks(); ++k) by_position.push_back(cluster.host(order.rank_at(k)));
  cluster.host_of = std::move(by_position);
  return cluster;
}

bool is_even(const Cluster& cluster) {
  const Cluster::Host& first = cluster.hosts.front();
  if (!std::ranges::all_of(cluster.hosts, [&](const Cluster::Host& host) { return host == first; })) return false;
  std::size_t moves = 0;
  for (std::size_t k = 1; k < cluster.host_of.size(); ++k) moves += cluster.host_of[k] != cluster.host_of[k - 1];
  return moves + 1 == cluster.hosts.size();
}

Sample sample_of(const Cluster& cluster, Rank most_ranks, std::size_t least_hosts) {
  const std::size_t hosts = cluster.hosts.size(), few = hosts_to_keep(cluster, most_ranks, least_hosts);
  if (few >= hosts) return all_of(cluster);
  Sample sample{cluster};
  sample.cluster.hosts.clear();
  sample.cluster.host_of.clear();
  std::vector<bool> is_kept(hosts);
  for (std::size_t k = 0; k < few; ++k) {
    const std::size_t host = kept_of(cluster, first_of(k, hosts, few), first_of(k + 1, hosts, few));
    is_kept[host] = true;
    sample.cluster.hosts.push_back(cluster.hosts[host]);
  }
  std::vector<std::vector<Rank>> on_host(few);  // ranks of the sample
  for (Rank rank = 0; rank < cluster.ranks(); ++rank) {
    if (!is_kept[cluster.host(rank)]) continue;
    const std::size_t host = neighbourhood_of(cluster.host(rank), hosts, few);
    on_host[host].push_back(static_cast<Rank>(sample.kept.size()));
    sample.cluster.host_of.push_back(static_cast<std::uint32_t>(host));
    sample.kept.push_back(rank);
  }
  std::vector<std::size_t> met(hosts);  // ranks of the host so far
  for (Rank rank = 0; rank < cluster.ranks(); ++rank) {
    const std::vector<Rank>& like = on_host[neighbourhood_of(cluster.host(rank), hosts, few)];
    sample.stands_for.push_back(like[standing_for(met[cluster.host(rank)]++, like.size())]);
  }
  sample.stands_for.back() = sample.cluster.ranks() - 1;
  return sample;
}

}  // namespace treering
