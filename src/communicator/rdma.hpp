// What this rank has of RDMA: found before the ranks meet, so that each can tell from the roster whom it can reach.
#pragma once

#include <vector>

#include "options/options.hpp"
#include "startup/member.hpp"
#include "transports/verbs/port.hpp"
#include "treering/result.hpp"

namespace treering {

struct Rdma {
  verbs::Settings settings;
  std::vector<verbs::Port> ports;  ///< alike for the others: as fast, on the same network; none: there is no RDMA here
};

/// Asks the devices. An error if TREERING_TRANSPORT asks for verbs and no port can be used; otherwise that is a
/// warning, and no devices at all are neither.
Result<Rdma> find_rdma(const Options& options, Rank rank);

RdmaReach reach_of(const Rdma& rdma);

/// The ranks of a host take the ports in turn. Where there is a port.
const verbs::Port& port_of(const Rdma& rdma, const Roster& roster, Rank rank);

/// Any two, whether or not they are on one host.
bool all_can_join_by_rdma(const Roster& roster);

}  // namespace treering
