// The hosts that the ranks of a communicator run on, as prices see them.
#pragma once

#include <cstdint>
#include <vector>

#include "planning/machine.hpp"
#include "schedule/rank_order.hpp"
#include "treering/types.hpp"

namespace treering {

/// The same on all ranks, and the constants are those of the slowest.
struct Cluster {
  struct Host {
    Rank ranks = 0;
    Rank cores = 1;  ///< that these ranks share
    friend bool operator==(const Host&, const Host&) = default;
  };
  HostConstants constants = {};             ///< what the machines are made of
  Machine within = {};                      ///< messages between two ranks of a host
  Machine between = {};                     ///< those to and from ranks of other hosts
  std::vector<Host> hosts = {};             ///< one at least
  std::vector<std::uint32_t> host_of = {};  ///< of each rank: of `hosts`

  Rank ranks() const { return static_cast<Rank>(host_of.size()); }
  std::uint32_t host(Rank rank) const { return host_of[static_cast<std::size_t>(rank)]; }
};

bool is_less_crowded(const Cluster::Host& a, const Cluster::Host& b);

/// The same ranks by the positions at which they stand.
Cluster in_order(const RankOrder& order, Cluster cluster);

/// All hosts are alike, and the ranks of each follow one another: seen from any host, the others lie in the same way.
bool is_even(const Cluster& cluster);

/// Some hosts of many, with all of their ranks.
struct Sample {
  Cluster cluster;
  std::vector<Rank> kept = {};        ///< the ranks of the whole that these are, in ascending order
  std::vector<Rank> stands_for = {};  ///< of each rank of the whole: a rank of the sample that is like it
};

/// The hosts lie evenly among all, those of the first and the last rank among them, others the most crowded of their
/// neighbourhood; halving the whole some times gives about as many, a power of two only where the whole has one. At
/// least `least_hosts`, no more ranks than `most_ranks` if that is possible. The whole where that has no more; else few
/// ranks of each host stand for all others.
Sample sample_of(const Cluster& cluster, Rank most_ranks, std::size_t least_hosts);

}  // namespace treering
