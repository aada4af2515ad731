// The simulator: runs the schedules of all ranks under a virtual clock and says how long they take.
//
// Network    Each channel (one direction of a link) takes slices one after another, in the order in which they come to
//            it: it is busy for bytes / bandwidth with each. A slice goes straight through: it comes to the next
//            channel one latency after it has entered this one, and waits there until that is free. It has arrived when
//            its last byte has: after the slowest channel on its way. Switches hold as much as there is.
// Ranks      The lanes progress as the executor's rules say: steps up to `after` and `behind`, slice by slice, messages
//            in turn on each wire, rounds of half a window where a lane circulates. A send needs a free slot in the
//            wire's window; a slot is free one latency of the way after its slice was consumed. The one processor of a
//            rank does what can be done in the order in which it became possible: the overheads of the slice's
//            messages, reducing, storing. A step's messages leave one after another, as its words say.
// What is left out: memory and its bandwidth, ends that share cores, congestion control, packets, routing that adapts.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "schedule/language.hpp"
#include "simulation/constants.hpp"
#include "simulation/network.hpp"
#include "treering/result.hpp"

namespace treering {

struct Outcome {
  std::uint64_t time_ps = 0;            ///< until the last rank is done
  std::uint64_t slices = 0;             ///< sent
  std::vector<std::uint64_t> busy_ps;   ///< of each channel
  std::uint64_t busiest_processor = 0;  ///< ps; of the rank that has most to do
};

/// Runs schedules[r] as rank r of the network. The result depends on nothing but the arguments. About a microsecond and
/// 100 to 200 bytes a message, and the same for each channel that a slice passes.
///
/// Fails where the schedules do not fit together, where there is no way between two ranks that talk, for elements and
/// slices of no bytes or more than 2^31, where nobody can move (the message says who and where), and where the time is
/// endless_ps.
Result<Outcome> simulate(std::span<const Schedule> schedules, Network& network, const Constants& constants,
                         std::uint64_t element_bytes);

/// What is said of endless_ps.
Error endless_error();

}  // namespace treering
