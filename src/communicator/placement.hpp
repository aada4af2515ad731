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
/// process. Hosts come in the order of their places along the network, where rank 0 has found these, else of their
/// lowest ranks; processes, too; domains that do not lie together by number, which makes neighbours of those that the
/// hardware counts one after another. Where ranks lie together, nothing is moved: the usual placements get the order of
/// ranks, unless the network has another. Pure, so all ranks come to the same.
RankOrder order_by_place(const Roster& roster);

/// Whether rank 0 has found the places of hosts along the network.
bool is_placed(const Roster& roster);

/// What the network carries into a host and out of it, as far as that is known.
struct PortRate {
  std::uint32_t mbits = 0;          ///< Mbit/s of the slowest host that is known; 0: none is
  const Member* slowest = nullptr;  ///< of a rank there; none: nothing is known
  bool is_declared = false;         ///< by the topology, which goes before what its port or interface says
  std::size_t hosts_known = 0;
};
/// `between`: how ranks of different hosts reach each other.
PortRate port_rate(const Roster& roster, Reach between = Reach::tcp);

/// What prices know of the hosts, by the constants of the slowest, and the rate of the slowest port. `within`: how two
/// processes of a host reach each other; `between`: two of different hosts.
Cluster cluster_of(const Roster& roster, Reach within, Reach between = Reach::tcp);

/// How many of the p hops of a ring of ranks that stand in this order lead from one host to another.
Rank hops_between_hosts(const Roster& roster, const RankOrder& order);

}  // namespace treering
