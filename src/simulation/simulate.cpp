#include "simulation/simulate.hpp"

#include <string>

#include "schedule/wiring.hpp"
#include "simulation/simulation.hpp"

namespace treering {

Result<Outcome> simulate(std::span<const Schedule> schedules, Network& network, const Constants& constants,
                         std::uint64_t element_bytes) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 31;
  const auto ranks = static_cast<std::size_t>(network.ranks());
  if (schedules.empty() || schedules.size() != ranks)
    return Error{Code::invalid_argument, std::to_string(schedules.size()) + " schedules for " + std::to_string(ranks) +
                                             " ranks (each has one) give as many, and one at least"};
  if (element_bytes == 0 || element_bytes > most_bytes || constants.slice_bytes > most_bytes)
    return Error{Code::invalid_argument, "elements of " + std::to_string(element_bytes) + " bytes in slices of " +
                                             std::to_string(constants.slice_bytes) +
                                             " (elements have 1 to 2^31 bytes, slices at most as many) choose others"};
  const auto wiring = wiring_of(schedules);
  if (!wiring) return Error(wiring.error());
  Simulation simulation(*wiring, network, constants, element_bytes);
  if (auto laid = simulation.lay_wires(); !laid) return Error(laid.error());
  return simulation.run();
}

Error endless_error() {
  return {Code::invalid_argument,
          "it takes more than 213 days (the picoseconds do not fit into 64 bits) give fewer bytes, or faster links"};
}

}  // namespace treering
