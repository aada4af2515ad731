// What algorithms cost the ranks of one communicator, wherever these are.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "algorithms/catalogue.hpp"
#include "planning/cluster.hpp"
#include "planning/load.hpp"
#include "schedule/rank_order.hpp"
#include "treering/result.hpp"

namespace treering {

/// Where there are more ranks, schedules are counted of those of some hosts, at least as many as these, and the rest is
/// reckoned. Few hosts of very many ranks are counted whole, which takes longer the more ranks they have.
inline constexpr Rank most_ranks_counted = 256;
inline constexpr std::size_t least_hosts_counted = 4;

/// Depends on what it is made of, and on nothing else. Any thread may ask.
class Prices {
 public:
  /// `by_place`: how ranks stand in rows that are by place, for operators that are commutative.
  Prices(Cluster cluster, RankOrder by_place);

  /// Picoseconds. On one host by formula; on several by what the row's schedules send between them, which is counted
  /// when it is first asked for (and kept, for all roots that lie alike).
  Result<std::uint64_t> price_ps(const CatalogueRow& row, const Shape& shape, std::uint64_t element_bytes,
                                 Order order) const;

  /// Constant.
  const RankOrder& by_place() const { return by_place_; }
  const Cluster& cluster() const { return by_rank_.cluster; }

 private:
  /// The ranks in a row.
  struct Standing {
    Cluster cluster;
    Sample sample;
    bool is_even;
  };
  static Standing standing(Cluster cluster);

  using Key = std::tuple<const CatalogueRow*, Rank, bool>;  // root, by place
  Result<Load> load_of(const CatalogueRow& row, Rank root, const Standing& standing) const;
  bool turns_with_root(const CatalogueRow& row) const;

  const RankOrder by_place_;
  const Standing by_rank_;
  const std::optional<Standing> moved_;  // by place, where that is not by rank
  mutable std::mutex mutex_;
  mutable std::map<Key, Load> loads_;
  mutable std::map<const CatalogueRow*, bool> turns_;
};

}  // namespace treering
