// Numbers that may need more than 64 bits on their way to a price.
#pragma once

#include <cstdint>
#include <limits>

#include "algorithms/cost.hpp"

namespace treering {

/// More than any price that is worth comparing (53 days in picoseconds), and some of them may be added.
inline constexpr std::uint64_t most_bounded = std::numeric_limits<std::uint64_t>::max() / 4;

/// What is more is the most. So a price never falls where what it is made of grows.
constexpr std::uint64_t bounded(Wide number) {
  return number < most_bounded ? static_cast<std::uint64_t>(number) : most_bounded;
}

}  // namespace treering
