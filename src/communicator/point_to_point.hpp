// A group of sends and receives as one sorted lane.
#pragma once

#include <span>

#include "communicator/request.hpp"
#include "execution/program.hpp"
#include "treering/result.hpp"

namespace treering {

/// The program of all sends and receives of one group of one communicator. Counts bytes and names memory by its address
/// (bases are 0), so it serves this group only. Sends to this rank itself are matched with receives from it, in order.
/// As its caller wrote it, such a group deadlocks; sorted by distance it never does.
Result<Program> point_to_point(std::span<const Request* const> requests, Rank rank, Rank ranks, Wires& wires);

}  // namespace treering
