#include "schedule/check.hpp"

#include <algorithm>
#include <cstddef>

#include "schedule/expectation.hpp"

namespace treering {

std::string describe(const Task& task) {
  constexpr const char* names[] = {"all-reduce",     "reduce",     "broadcast",      "scan",
                                   "exclusive scan", "all-gather", "reduce-scatter", "barrier"};
  const bool rooted = task.meaning == Meaning::reduce || task.meaning == Meaning::broadcast;
  std::string text = names[static_cast<std::size_t>(task.meaning)];
  text += " of ";
  if (task.blocks.empty()) text += std::to_string(task.count);
  for (std::size_t q = 0; q < task.blocks.size(); ++q)
    text.append(q > 0 ? "+" : "").append(std::to_string(task.blocks[q]));
  text += " elements on " + std::to_string(task.ranks) + " ranks";
  if (rooted) text += ", root " + std::to_string(task.root);
  if (task.in_place) text += ", in place";
  return text;
}

Result<Trial> Trial::of(const Task& task, const Algorithm& algorithm) {
  const Blocks blocks(task);
  std::vector<Schedule> schedules;
  for (Rank rank = 0; rank < task.ranks; ++rank) schedules.push_back(algorithm(blocks.shape(rank)));
  return of(task, std::move(schedules));
}

Result<Trial> Trial::of(const Task& task, std::vector<Schedule> schedules) {
  if (schedules.size() != static_cast<std::size_t>(task.ranks))
    return Error{Code::internal_error,
                 std::to_string(schedules.size()) + " schedules are given for the " + describe(task)};
  const Blocks blocks(task);
  std::vector<Extent> extents;
  for (Rank rank = 0; rank < task.ranks; ++rank) extents.push_back(blocks.extent(rank));
  auto kept = std::make_shared<const std::vector<Schedule>>(std::move(schedules));
  auto world = World::of(*kept, extents);
  if (!world) return Error{world.error().code, world.error().message + ". In the " + describe(task)};
  return Trial(task, std::move(kept), *std::move(world));
}

Result<void> Trial::run(std::span<const Conditions> conditions) const {
  Scene start;
  const Expectation expectation(task_, *schedules_, start);
  const std::size_t values = start.values.size();
  Scene scene = start;
  for (const Conditions& condition : conditions) {
    scene.values.shrink(values);
    scene.memory = start.memory;
    scene.heard = start.heard;
    auto done = world_.run(scene, condition);
    if (done) done = expectation.compare(scene);
    if (!done)
      return Error{done.error().code,
                   done.error().message + ". In the " + describe(task_) + "; " + describe(condition)};
  }
  return {};
}

std::vector<Conditions> all_conditions(Rank ranks, Lending up_to, Rank starved, std::uint64_t seed) {
  std::vector<Conditions> all;
  const Rank in_turn = std::min(ranks, starved);
  for (const std::uint64_t window : {1, 2, 3, 6})
    for (auto lending = std::uint8_t{0}; lending <= static_cast<std::uint8_t>(up_to); ++lending)
      for (Rank turn = -1; turn < in_turn; ++turn) {
        // Other windows and lendings starve other ranks, so that few runs reach many of them.
        const std::int64_t shift = static_cast<std::int64_t>(seed + all.size());
        const Rank rank = turn < 0 ? nobody : mod(shift + std::int64_t{turn} * ranks / in_turn, ranks);
        all.push_back({window, static_cast<Lending>(lending), seed * 1000 + all.size(), rank});
      }
  return all;
}

Result<void> check(const Task& task, const Algorithm& algorithm, Lending up_to) {
  auto trial = Trial::of(task, algorithm);
  if (!trial) return std::move(trial).error();
  return trial->run(all_conditions(task.ranks, up_to));
}

}  // namespace treering
