// What algorithms cost the ranks of one communicator, wherever these are.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>

#include "algorithms/catalogue.hpp"
#include "planning/cluster.hpp"
#include "planning/load.hpp"
#include "schedule/rank_order.hpp"
#include "treering/result.hpp"

namespace treering {

/// Depends on what it is made of, and on nothing else. Any thread may ask.
class Prices {
 public:
  /// `by_place`: how ranks stand in rows that are by place, for operators that are commutative.
  Prices(Cluster cluster, RankOrder by_place) : cluster_(std::move(cluster)), by_place_(std::move(by_place)) {}

  /// Picoseconds. On one host by formula; on several by what the row's schedules send between them, which is counted
  /// when it is first asked for (and kept): a millisecond for 64 ranks, tens of milliseconds for thousands.
  Result<std::uint64_t> price_ps(const CatalogueRow& row, const Shape& shape, std::uint64_t element_bytes,
                                 Order order) const;

  /// Constant.
  const RankOrder& by_place() const { return by_place_; }
  const Cluster& cluster() const { return cluster_; }

 private:
  using Key = std::tuple<const CatalogueRow*, Rank, bool>;  // root, by place
  Result<Load> load_of(const CatalogueRow& row, Rank root, bool is_by_place) const;

  const Cluster cluster_;
  const RankOrder by_place_;
  mutable std::mutex mutex_;
  mutable std::map<Key, Load> loads_;
};

}  // namespace treering
