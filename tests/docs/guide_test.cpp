// docs/writing-an-algorithm.md: its algorithm is right, and what it prints is what is printed there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "algorithms/catalogue.hpp"
#include "algorithms/chain.hpp"
#include "docs/document.hpp"
#include "schedule/check.hpp"
#include "schedule/text.hpp"

namespace treering {
namespace {

using ::testing::HasSubstr;

const std::string& guide() {
  static const std::string text = test::document("writing-an-algorithm.md");
  return text;
}

/// What the checker says about schedules that are the chain's, but for one rank's.
std::string complaint(const Task& task, Rank changed, const Schedule& schedule) {
  std::vector<Schedule> schedules;
  for (Rank rank = 0; rank < task.ranks; ++rank)
    schedules.push_back(chain_broadcast(
        {.ranks = task.ranks, .rank = rank, .root = task.root, .count = task.count, .in_place = task.in_place}));
  schedules[static_cast<std::size_t>(changed)] = schedule;
  auto trial = Trial::of(task, std::move(schedules));
  if (!trial) return trial.error().message;
  const auto ran = trial->run(all_conditions(task.ranks));
  return ran ? "" : ran.error().message;
}

TEST(Guide, ItsAlgorithmIsRight) {
  for (Rank ranks = 1; ranks <= 9; ++ranks)
    for (Rank root = 0; root < ranks; ++root)
      for (const std::uint64_t count : {0, 1, 7, 13})
        for (const bool in_place : {false, true}) {
          const Task task{
              .meaning = Meaning::broadcast, .ranks = ranks, .root = root, .count = count, .in_place = in_place};
          const auto proven = check(task, chain_broadcast, Lending::everything);
          EXPECT_TRUE(proven) << proven.error().message;
        }
}

TEST(Guide, ShowsSchedulesAsTheyArePrinted) {
  for (const Rank rank : {1, 2, 3, 0}) {
    const std::string text = text_of(chain_broadcast({.ranks = 4, .rank = rank, .root = 1, .count = 10}));
    EXPECT_THAT(guide(), HasSubstr("rank " + std::to_string(rank) + "\n" + text));
  }
  const auto scan = find_row(Collective::scan, "two-tree");
  const auto ring = find_row(Collective::all_reduce, "ring");
  ASSERT_TRUE(scan && ring);
  const Schedule scanned = (*scan)->schedule({.ranks = 8, .rank = 5, .count = 1000});
  for (const Step& step : scanned.lanes[0].steps)
    EXPECT_THAT(guide(), HasSubstr("500  " + text_of(scanned.lanes[0], step)));
  EXPECT_THAT(guide(), HasSubstr(text_of((*ring)->schedule({.ranks = 3, .rank = 1, .count = 10, .in_place = true}))));
}

TEST(Guide, QuotesTheChecker) {
  const Task task{.meaning = Meaning::broadcast, .ranks = 4, .root = 1, .count = 10};
  Schedule sends_on{std::vector<Lane>(1)};
  sends_on.lanes[0].step(10).recv(3).store({Buffer::output, 0}).send(1);
  EXPECT_THAT(guide(), HasSubstr("`" + complaint(task, 0, sends_on) + "`"));

  Schedule no_copy{std::vector<Lane>(1)};
  no_copy.lanes[0].step(10).read({Buffer::input, 0}).send(2);
  EXPECT_THAT(guide(), HasSubstr("`" + complaint(task, 1, no_copy) + "`"));
}

}  // namespace
}  // namespace treering
