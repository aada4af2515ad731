// What messages and bytes cost on a host, from the times that all-reduces take there.
#pragma once

#include <cstdint>
#include <span>

#include "options/constants.hpp"

namespace treering::perf {

/// Microseconds of all-reduces over one kind of wire. Two ranks have a core of their own each.
struct WireTimes {
  double direct = 0;          ///< short_bytes, 2 ranks
  double direct_long = 0;     ///< near_bytes, 2 ranks
  double halves_long = 0;     ///< the same by direct-halves
  double halves_far = 0;      ///< far_bytes, if there are any
  double crowded_direct = 0;  ///< short_bytes, 4 ranks on 2 cores
  double crowded_ring = 0;
  double roomy_direct = 0;  ///< short_bytes, 4 ranks, each with a core of its own; 0: there are too few
};
struct HostTimes {
  WireTimes shared_memory = {}, tcp = {};
  std::uint64_t near_bytes = 0;  ///< of vectors that the caches hold
  std::uint64_t far_bytes = 0;   ///< of one that they do not hold; 0: there is none
  std::uint32_t cache_kib = 0;   ///< of the last cache; 0: not known
};

/// So short that messages are all that costs, and longer than what fits the line of a message.
inline constexpr std::uint64_t short_bytes = 1024;

/// The constants by which prices say these times, as far as they can.
HostConstants constants_of(const HostTimes& times);

/// Of each constant the median over some rounds, at least one: a machine changes its mood from round to round, and
/// within a round hardly, so that times of one round may be compared and those of two may not.
HostConstants median_of(std::span<const HostConstants> rounds);

}  // namespace treering::perf
