// What was found and chosen at start, on one screen, for people.
#pragma once

#include <string>

#include "communicator/links.hpp"
#include "communicator/plans.hpp"
#include "options/options.hpp"
#include "startup/member.hpp"

namespace treering {

/// What an overview is about. Any thread may read all of it: after the start nothing changes but how many
/// peers have fallen back to TCP, which is atomic.
struct OverviewOf {
  const Roster& roster;
  Rank rank;         ///< who speaks
  std::string name;  ///< of the communicator, empty if it has none
  const Links& links;
  const Plans& plans;
  const Options& options;  ///< with the window that was chosen
};

/// Hosts with their ranks, cores and NUMA domains; the order in which ranks stand; what the network carries; transports
/// and windows; and for each collective which algorithm is chosen for which sizes. Asks for some hundred choices: not
/// for every start. Lines end with a line feed.
std::string overview(const OverviewOf& of);

}  // namespace treering
