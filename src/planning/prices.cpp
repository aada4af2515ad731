#include "planning/prices.hpp"

#include <utility>

#include "planning/bounded.hpp"
#include "planning/pattern.hpp"
#include "planning/price.hpp"

namespace treering {
namespace {

/// In the buffers of all ranks, sent from and received into.
Wide touched_elements(Collective collective, const Shape& shape) {
  const Wide ranks = static_cast<std::uint64_t>(shape.ranks);
  switch (collective) {
    case Collective::all_gather: return ranks * total(shape.recvs, shape.ranks);
    case Collective::reduce_scatter: return ranks * total(shape.sends, shape.ranks);
    default: return 2 * ranks * shape.count;
  }
}

}  // namespace

Prices::Standing Prices::standing(Cluster cluster) {
  if (cluster.hosts.size() == 1) return {std::move(cluster), {}, true};  // by formula
  Sample sample = sample_of(cluster, most_ranks_counted, least_hosts_counted);
  const bool even = is_even(cluster);
  return {std::move(cluster), std::move(sample), even};
}

Prices::Prices(Cluster cluster, RankOrder by_place)
    : by_place_(std::move(by_place)),
      by_rank_(standing(std::move(cluster))),
      moved_(by_place_.is_rank_order() ? std::nullopt
                                       : std::optional(standing(in_order(by_place_, by_rank_.cluster)))) {}

Result<std::uint64_t> Prices::price_ps(const CatalogueRow& row, const Shape& shape, std::uint64_t element_bytes,
                                       Order order) const {
  const Cost cost = row.cost(shape);
  const Cluster& cluster = by_rank_.cluster;
  // Of a host like most: where hosts are of several sizes, that of a mean one.
  const std::size_t hosts = cluster.hosts.size();
  const Wide touched_bytes = touched_elements(row.collective, shape) / hosts * element_bytes;
  const std::uint64_t far =
      beyond_cache_ps(cluster.within, shape.ranks / static_cast<Rank>(hosts), bounded(touched_bytes));
  if (hosts == 1) return bounded(Wide{treering::price_ps(cost, shape.ranks, element_bytes, cluster.within)} + far);
  const bool is_moved = moved_ && row.by_place && order == Order::commutative;
  const Rank root = has_root(row.collective) ? shape.root : 0;
  const auto load = is_moved ? load_of(row, by_place_.position_of(root), *moved_) : load_of(row, root, by_rank_);
  if (!load) return load.error();
  return bounded(Wide{treering::price_ps(cost, element_bytes, *load)} + far);
}

Result<Load> Prices::load_of(const CatalogueRow& row, Rank root, const Standing& standing) const {
  // The lowest root that lies like this one.
  if (root != 0 && standing.is_even && turns_with_root(row)) root %= standing.cluster.hosts.front().ranks;
  const Sample& sample = standing.sample;
  root = sample.kept[static_cast<std::size_t>(sample.stands_for[static_cast<std::size_t>(root)])];
  const Key key(&row, root, &standing != &by_rank_);
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = loads_.find(key); found != loads_.end()) return found->second;
  }
  // Nobody waits for this: whoever asks for the same meanwhile counts it too, and comes to the same.
  auto load = treering::load_of(row, root, standing.cluster, sample);
  const std::scoped_lock lock(mutex_);
  if (load) loads_.emplace(key, *load);
  return load;
}

bool Prices::turns_with_root(const CatalogueRow& row) const {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = turns_.find(&row); found != turns_.end()) return found->second;
  }
  const bool turns = treering::turns_with_root(row);
  const std::scoped_lock lock(mutex_);
  return turns_.emplace(&row, turns).first->second;
}

}  // namespace treering
