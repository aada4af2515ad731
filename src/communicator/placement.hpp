// Where the ranks of a communicator are, and the order in which they should stand for it.
#pragma once

#include <cstdint>
#include <vector>

#include "communicator/links.hpp"
#include "planning/cluster.hpp"
#include "schedule/rank_order.hpp"
#include "startup/member.hpp"

namespace treering {

/// Brings together the ranks of a host; in a host, those that may run in the same NUMA domains; there, those of a
/// process. Hosts and processes come in the order of their lowest ranks, domains that do not lie together by number,
/// which makes neighbours of those that the hardware counts one after another. Where ranks lie together, nothing is
/// moved: the usual placements get the order of ranks. Pure, so all ranks come to the same.
RankOrder order_by_place(const Roster& roster);

/// What prices know of the hosts, by the constants of the slowest. `within`: how two processes of a host reach each
/// other.
Cluster cluster_of(const Roster& roster, Reach within);

/// How many of the p hops of a ring of ranks that stand in this order lead from one host to another.
Rank hops_between_hosts(const Roster& roster, const RankOrder& order);

}  // namespace treering
