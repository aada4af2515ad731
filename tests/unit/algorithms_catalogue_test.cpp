// The catalogue: look-up by name, refusals, and planted faults, which the checks of all algorithms must catch.
#include "algorithms/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "algorithms/direct.hpp"
#include "algorithms/ring.hpp"
#include "algorithms/two_tree.hpp"
#include "schedule/check.hpp"
#include "support/mutate.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

TEST(Catalogue, HasEachNameOnceForEachCollective) {
  std::set<std::pair<Collective, std::string_view>> names;
  for (const CatalogueRow& row : catalogue())
    EXPECT_TRUE(names.emplace(row.collective, row.name).second) << name_of(row.collective) << " " << row.name;
}

TEST(Catalogue, KeepsTheOrderSomehowForEveryCollective) {
  for (int collective = 0; collective <= static_cast<int>(Collective::barrier); ++collective)
    EXPECT_FALSE(rows_for(static_cast<Collective>(collective), Order::kept).empty())
        << name_of(static_cast<Collective>(collective));
}

TEST(Catalogue, FindsAnAlgorithmByName) {
  const auto row = find_row(Collective::scan, "two-tree");
  ASSERT_TRUE(row);
  EXPECT_EQ((*row)->name, "two-tree");
  EXPECT_EQ((*row)->collective, Collective::scan);
}

TEST(Catalogue, SuggestsTheNearestName) {
  const auto row = find_row(Collective::all_reduce, "two_trees");
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code, Code::invalid_argument);
  EXPECT_THAT(row.error().message, HasSubstr("no algorithm \"two_trees\" for all-reduce"));
  EXPECT_THAT(row.error().message, HasSubstr("recursive-doubling"));
  EXPECT_THAT(row.error().message, HasSubstr("did you mean \"two-tree\"?"));
}

TEST(Catalogue, SuggestsOnlyWhatTheCollectiveHas) {
  const auto row = find_row(Collective::barrier, "ring");
  ASSERT_FALSE(row);
  EXPECT_THAT(row.error().message, HasSubstr("did you mean \"dissemination\"?"));
  EXPECT_FALSE(find_row(Collective::send, "ring"));
}

TEST(Catalogue, RefusesRanksThatDoNotExist) {
  for (const Shape& shape : {Shape{.ranks = 4, .rank = 4}, Shape{.ranks = 4, .rank = -1}, Shape{.ranks = 4, .root = 9},
                             Shape{.ranks = 0, .rank = 0}}) {
    const auto schedule = make(catalogue().front(), shape);
    ASSERT_FALSE(schedule);
    EXPECT_EQ(schedule.error().code, Code::invalid_argument);
  }
}

Schedule ill_formed(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  schedule.lanes[0].step(1).recv(mod(shape.rank + 1, shape.ranks));
  return schedule;
}

TEST(Catalogue, NeverReturnsAScheduleWithAFault) {
  const CatalogueRow row{"ill-formed", Collective::broadcast, Order::kept, ill_formed, ring_all_reduce_cost, false};
  const auto schedule = make(row, {.ranks = 2, .count = 1});
  ASSERT_FALSE(schedule);
  EXPECT_EQ(schedule.error().code, Code::internal_error);
  EXPECT_THAT(schedule.error().message, HasSubstr("passes it on to nobody"));
}

// ---- planted faults
// ----------------------------------------------------------------------------------------------------

bool is_caught(const Task& task, std::vector<Schedule> schedules) {
  auto trial = Trial::of(task, std::move(schedules));
  return !trial || !trial->run(all_conditions(task.ranks, Lending::where_safe, task.ranks));
}

std::vector<Schedule> schedules_of(const Task& task, const Algorithm& algorithm) {
  auto trial = Trial::of(task, algorithm);
  EXPECT_TRUE(trial);
  return trial ? trial->schedules() : std::vector<Schedule>{};
}

TEST(PlantedFault, ShiftedOperandIsCaught) {
  const Task task{.meaning = Meaning::all_reduce, .ranks = 5, .count = 12, .order = Order::commutative};
  for (const Algorithm algorithm : {ring_all_reduce, two_tree_all_reduce, direct_all_reduce, direct_halves_all_reduce})
    for (auto& mutant : test::place_shifted(schedules_of(task, algorithm)))
      EXPECT_TRUE(is_caught(task, std::move(mutant.schedules))) << mutant.what;
}

TEST(PlantedFault, SwappedOperandsAreCaughtWhereOrderIsKept) {
  const Task task{.meaning = Meaning::all_reduce, .ranks = 5, .count = 12};
  for (const Algorithm algorithm : {two_tree_all_reduce, direct_all_reduce, direct_halves_all_reduce})
    for (auto& mutant : test::operands_swapped(schedules_of(task, algorithm)))
      EXPECT_TRUE(is_caught(task, std::move(mutant.schedules))) << mutant.what;
}

/// A ring in which everybody takes two chunks for each other: they are as large, so only their contents tell.
Schedule swapped_blocks(const Shape& shape) {
  Schedule schedule = ring_all_reduce(shape);
  const Block a = split(shape.count, shape.ranks, 0), b = split(shape.count, shape.ranks, 1);
  for (Act& word : schedule.lanes[0].acts)
    if (word.verb == Verb::store)
      word.first = word.first == a.first ? b.first : word.first == b.first ? a.first : word.first;
  return schedule;
}

TEST(PlantedFault, SwappedBlockIsCaught) {
  const Task task{.meaning = Meaning::all_reduce, .ranks = 4, .count = 8, .order = Order::commutative};
  EXPECT_TRUE(is_caught(task, schedules_of(task, swapped_blocks)));
}

TEST(PlantedFault, ARingIsNotTakenForOneThatKeepsTheOrder) {
  const Task task{.meaning = Meaning::all_reduce, .ranks = 4, .count = 8, .order = Order::kept};
  EXPECT_TRUE(is_caught(task, schedules_of(task, ring_all_reduce)));
}

}  // namespace
}  // namespace treering
