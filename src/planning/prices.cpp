#include "planning/prices.hpp"

#include "planning/price.hpp"

namespace treering {
namespace {

/// In the buffers of all ranks, sent from and received into.
std::uint64_t touched_elements(Collective collective, const Shape& shape) {
  const auto ranks = static_cast<std::uint64_t>(shape.ranks);
  switch (collective) {
    case Collective::all_gather: return ranks * total(shape.recvs, shape.ranks);
    case Collective::reduce_scatter: return ranks * total(shape.sends, shape.ranks);
    default: return 2 * ranks * shape.count;
  }
}

}  // namespace

Result<std::uint64_t> Prices::price_ps(const CatalogueRow& row, const Shape& shape, std::uint64_t element_bytes,
                                       Order order) const {
  const Cost cost = row.cost(shape);
  if (cluster_.hosts.size() == 1)
    return treering::price_ps(cost, shape.ranks, element_bytes,
                              at_bytes(cluster_.within, touched_elements(row.collective, shape) * element_bytes));
  const auto load =
      load_of(row, has_root(row.collective) ? shape.root : 0, row.by_place && order == Order::commutative);
  if (!load) return load.error();
  return treering::price_ps(cost, element_bytes, *load);
}

Result<Load> Prices::load_of(const CatalogueRow& row, Rank root, bool is_by_place) const {
  const Key key(&row, root, is_by_place);
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = loads_.find(key); found != loads_.end()) return found->second;
  }
  // Nobody waits for this: whoever asks for the same meanwhile counts it too, and comes to the same.
  const RankOrder by_rank;
  auto load = treering::load_of(row, root, is_by_place ? by_place_ : by_rank, cluster_);
  const std::scoped_lock lock(mutex_);
  if (load) loads_.emplace(key, *load);
  return load;
}

}  // namespace treering
