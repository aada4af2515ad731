// What a simulation does, for SimGrid: the messages of schedules and what each waits for.
#pragma once

#include <string>
#include <vector>

#include "schedule/language.hpp"
#include "simulation/constants.hpp"
#include "simulation/network.hpp"

namespace treering::test {

/// How messages that a sentence sends at the same time set out.
enum class Departure { together, one_after_another };

/// The input of simgrid_replay: the channels of the network as links, the routes that the schedules use, and every
/// slice as a message. A slice waits as the executor's rules say: for those that its step takes, for the steps before
/// it, and for a slot of the window, which comes back at once. No overheads, no rounds: `circulates`
/// only with messages of one slice. One after another: each message of a sentence sets out when the one before has
/// arrived, which is what queues do where links have no latency.
std::string messages_for_simgrid(const std::vector<Schedule>& schedules, Network& network, const Constants& constants,
                                 Departure departure);

}  // namespace treering::test
