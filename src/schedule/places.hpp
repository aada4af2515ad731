// What schedules do to memory, found without running them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schedule/language.hpp"
#include "schedule/wiring.hpp"
#include "treering/result.hpp"

namespace treering {

/// Elements of one rank's input and output. Scratch is the schedule's to say.
struct Extent {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
};

/// Elements of a buffer.
std::uint64_t size_of(Buffer buffer, const Extent& extent, const Schedule& schedule);
/// "input", "output", "scratch"
const char* name_of(Buffer buffer);

/// Refuses places out of bounds, stores to the input, and lanes of one rank of which one stores where another one
/// touches.
Result<void> places_fit(const Schedule& schedule, Rank rank, const Extent& extent);

/// What a send may lend: where its value lies in memory, if it does.
struct Lendable {
  static constexpr std::uint32_t none = UINT32_MAX;
  std::uint32_t source = none;  ///< the word, of the same lane, that read or stored the value last
  bool safe = false;            ///< nothing in the lane writes there after that word
};

/// Of each word of a lane; only sends have any.
std::vector<Lendable> lendables_of(const Lane& lane, const Schedule& schedule, const Extent& extent);

}  // namespace treering
