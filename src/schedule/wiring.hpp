// Who talks to whom: the wires that the schedules of all ranks use, both ends matched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schedule/language.hpp"
#include "treering/result.hpp"

namespace treering {

/// One lane of one rank: what runs on its own.
struct Runner {
  Rank rank = 0;
  std::uint32_t lane = 0;
  const Lane* plan = nullptr;
  std::vector<std::uint32_t> wires;  ///< of each word of the lane that is on a wire; 0 for the others
};

/// The FIFO from one runner to another.
struct Path {
  std::size_t from = 0;  ///< runners
  std::size_t to = 0;
};

struct Wiring {
  std::vector<Runner> runners;  ///< rank by rank, lane by lane
  std::vector<Path> paths;      ///< a wire is its index here
};

/// Matches both ends of every wire. Refuses faults of the authors, ranks that have different numbers of lanes or
/// circulate differently, peers that do not exist, and wires on which the n-th message sent is not the n-th expected.
/// Borrows the schedules.
Result<Wiring> wiring_of(std::span<const Schedule> schedules);

/// "rank 2 lane 0 step 5", for messages.
std::string where(const Runner& runner, std::size_t step);

}  // namespace treering
