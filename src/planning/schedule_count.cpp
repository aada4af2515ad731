#include "planning/schedule_count.hpp"

#include <algorithm>
#include <utility>

#include "schedule/wiring.hpp"

namespace treering {
namespace {

Result<std::vector<Schedule>> schedules_of(const CatalogueRow& row, Shape shape) {
  std::vector<Schedule> schedules;
  schedules.reserve(static_cast<std::size_t>(shape.ranks));
  for (shape.rank = 0; shape.rank < shape.ranks; ++shape.rank) {
    auto made = make(row, shape);
    if (!made) return std::move(made).error();
    schedules.push_back(*std::move(made));
  }
  return schedules;
}

Tally tally_of(const Schedule& schedule, Rank rank, const Cluster& cluster) {
  Tally tally;
  for (const Lane& lane : schedule.lanes)
    for (const Step& step : lane.steps) {
      std::uint64_t taken = 0;
      for (const Act& word : lane.words(step)) {
        taken += takes(word);
        if (!on_wire(word)) continue;
        Passing& passing = cluster.host(rank) == cluster.host(word.peer) ? tally.within : tally.between;
        (word.verb == Verb::recv ? passing.received : passing.sent).add(1, step.count);
      }
      if (taken > 1) tally.folded += (taken - 1) * step.count;
    }
  return tally;
}

}  // namespace

Delay delay_between(Rank from, Rank to, const Cluster& cluster) {
  const Machine& machine = cluster.host(from) == cluster.host(to) ? cluster.within : cluster.between;
  return {machine.alpha_ns + machine.wake_ns, machine.overhead_ns};
}

Result<Counted> counted(const CatalogueRow& row, const Shape& shape, const Cluster& cluster) {
  const auto schedules = schedules_of(row, shape);
  if (!schedules) return schedules.error();
  const auto wiring = wiring_of(*schedules);
  if (!wiring) return wiring.error();
  const auto chain_ns = longest_chain_ns(*wiring, [&](Rank from, Rank to) { return delay_between(from, to, cluster); });
  if (!chain_ns) return chain_ns.error();
  Counted counted{{}, *chain_ns};
  for (Rank rank = 0; rank < shape.ranks; ++rank)
    counted.tallies.push_back(tally_of((*schedules)[static_cast<std::size_t>(rank)], rank, cluster));
  return counted;
}

}  // namespace treering
