// Time in the one-port model: in one step of time every rank sends at most one element and receives at most one (a
// block is modelled as one element). Computing and local memory cost nothing, and elements may wait at their sender
// without limit.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "schedule/language.hpp"
#include "treering/result.hpp"

namespace treering {

/// One element that could cross one wire in this step of time.
struct Crossing {
  std::uint64_t time;  ///< 0, 1, ...
  Rank from;
  Rank to;
  std::uint32_t lane;
  std::uint32_t step;     ///< of the sender's lane
  std::uint64_t element;  ///< of that step
};

/// Says which elements may cross now: colours (`time % 2 == colour of the edge`), phases (`step == 0 || time >= t`).
using MayCross = std::function<bool(const Crossing&)>;

/// Steps of time until all lanes are over. Among elements that may cross, those that have waited longest go first, then
/// lower ranks and lanes. Fails where nothing can ever move, and where `may_cross` refuses everything for 1000 steps on
/// end.
Result<std::uint64_t> one_port_steps(std::span<const Schedule> schedules, const MayCross& may_cross = {});

}  // namespace treering
