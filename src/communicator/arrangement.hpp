// What rank 0 does with the topology that the user gives: it finds where each host stands along the network, for all.
#pragma once

#include <string>

#include "options/options.hpp"
#include "startup/member.hpp"

namespace treering {

/// Reads the topology of the options, now; empty where they name none. What is returned puts the place of each host,
/// and what the topology says its port carries, into the roster of several hosts. It fails (invalid_usage), so that all
/// ranks fail, for what cannot be read and for hosts that the topology does not know; of NCCL's variable, which is
/// about what is in a host, it says so in the log and leaves the roster as it is. A description has as many hosts as
/// the job. With fewer, a communicator is taken for a part of the job. By a description, or by a file that cannot be
/// read here, hosts stand as in the largest job that this process has been in with all of them; by a description
/// without such a job, a part stands in the order of ranks, which is said as a warning.
Arrange arrangement(const Options& options);

/// Of every rank, once all have met: keeps where hosts stand, for communicators of some of them.
void remember_places(const Options& options, const Roster& roster);

/// What all ranks must have been told alike, as a decision: short, and equal where the texts are.
std::string topology_decision(const Options& options);

}  // namespace treering
