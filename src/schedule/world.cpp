#include "schedule/world.hpp"

#include <cstddef>

#include "schedule/course.hpp"

namespace treering {

std::string describe(const Conditions& conditions) {
  constexpr const char* lending[] = {"nothing", "where safe", "everything"};
  return "window " + std::to_string(conditions.window) + ", lending " +
         lending[static_cast<std::size_t>(conditions.lending)] +
         (conditions.starved == nobody ? "" : ", rank " + std::to_string(conditions.starved) + " starved") + ", seed " +
         std::to_string(conditions.seed);
}

Result<World> World::of(std::span<const Schedule> schedules, std::span<const Extent> extents) {
  auto wiring = wiring_of(schedules);
  if (!wiring) return std::move(wiring).error();
  std::vector<std::vector<Lendable>> loans;
  for (std::size_t rank = 0; rank < schedules.size(); ++rank) {
    if (auto fit = places_fit(schedules[rank], static_cast<Rank>(rank), extents[rank]); !fit)
      return std::move(fit).error();
    for (const Lane& lane : schedules[rank].lanes) loans.push_back(lendables_of(lane, schedules[rank], extents[rank]));
  }
  return World(*std::move(wiring), std::move(loans));
}

Result<void> World::run(Scene& scene, const Conditions& conditions) const {
  return Course(*this, scene, conditions).run();
}

}  // namespace treering
