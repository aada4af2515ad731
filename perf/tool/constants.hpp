// What messages and bytes cost on this host, found by timing all-reduces; and how far times are from what follows.
#pragma once

#include <cstdint>
#include <optional>

#include "options/constants.hpp"
#include "trial.hpp"

namespace treering::perf {

/// Microseconds of all-reduces over one kind of wire. Two ranks have a core of their own each.
struct WireTimes {
  Timing direct = {};          ///< short_bytes, 2 ranks
  Timing direct_long = {};     ///< near_bytes, 2 ranks
  Timing halves_long = {};     ///< the same by direct-halves
  Timing halves_far = {};      ///< far_bytes, if there are any
  Timing crowded_direct = {};  ///< short_bytes, 4 ranks on 2 cores
  Timing crowded_ring = {};
  Timing roomy_direct = {};  ///< short_bytes, 4 ranks, each with a core of its own; 0: there are too few
};
struct HostTimes {
  WireTimes shared_memory = {}, tcp = {};
  std::uint64_t near_bytes = 0;  ///< of vectors that the caches hold
  std::uint64_t far_bytes = 0;   ///< of one that they do not hold; 0: there is none
  std::uint32_t cache_kib = 0;   ///< of the last cache; 0: not known
};

/// So short that messages are all that costs, and longer than what fits the line of a message.
inline constexpr std::uint64_t short_bytes = 1024;

/// The constants by which prices say these times, as far as they can. Where times are compared, the fastest are: a
/// median may be that of another mood of the machine.
HostConstants constants_of(const HostTimes& times);

/// Measures this host, for half a minute, and stores its constants. Returns the exit status.
int run_constants();

/// Prints a table of all-reduces of 1 KiB to 64 MiB on 2 and 4 ranks over shared memory and TCP: what they should take
/// by the stored constants, and what they take. Returns the exit status.
int run_predictions();

}  // namespace treering::perf
