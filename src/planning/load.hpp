// What an algorithm asks of several hosts: counted in its schedules, once for all sizes.
#pragma once

#include <cstdint>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "planning/cluster.hpp"
#include "treering/result.hpp"

namespace treering {

/// Times of bytes are picoseconds where all messages together have `all_volume` elements of one byte. They grow with
/// the elements, and so are scaled.
struct Load {
  std::uint64_t chain_ns = 0;  ///< the longest chain of messages, as if these were empty
  std::uint64_t stage_ns = 0;  ///< one message more, where the algorithm streams
  std::uint64_t rank_ps = 0;   ///< what the busiest rank sends or receives, and combines
  std::uint64_t port_ps = 0;   ///< what passes between a host and the others, either way, where that is most
  /// What the cores of a host do for its ranks, shared by the cores.
  struct Work {
    std::uint64_t messages_ns = 0;
    std::uint64_t bytes_ps = 0;
  };
  std::vector<Work> work = {};  ///< of hosts; one that is left out has no more of any than another
  Wide all_volume = 0;
};

/// Ranks stand in the order of their numbers (see `in_order`). Rings, and algorithms in which all talk to all or to the
/// root, are reckoned from what one schedule does; schedules of others are counted, those of all ranks of the sample.
/// Where that is not the whole, the rest is reckoned from the row's costs, and the root must be a rank that is kept.
/// Fails where schedules do not fit together.
Result<Load> load_of(const CatalogueRow& row, Rank root, const Cluster& cluster, const Sample& sample);

}  // namespace treering
