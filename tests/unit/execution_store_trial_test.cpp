// How an operation stores is found by trying, at first use and again when operations take another time.
#include <gtest/gtest.h>

#include <array>

#include "execution/store_trial.hpp"

namespace treering {
namespace {

using std::chrono::microseconds;

/// How long an operation takes each way, by Storing.
using Times = std::array<int, 3>;

/// Runs so many operations; every fifth is held up by something else. How often each way was gone.
Times run(StoreTrial& trial, const Times& us, int operations, Storing first = Storing::nothing) {
  Times gone{};
  for (int k = 0; k < operations; ++k) {
    const Storing way = trial.way(first);
    const auto usual = microseconds(us[static_cast<std::size_t>(way)]);
    ++gone[static_cast<std::size_t>(way)];
    trial.took(first, way, k % 5 == 4 ? 7 * usual : usual);
  }
  return gone;
}

/// The way of all the next operations.
Storing settled(StoreTrial& trial, const Times& us, Storing first = Storing::nothing) {
  const Storing way = trial.way(first);
  EXPECT_EQ(run(trial, us, 20, first)[static_cast<std::size_t>(way)], 20) << "still trying";
  return way;
}

constexpr int at_first_use = 15;

TEST(StoreTrial, FindsTheFastestWay) {
  for (const auto& [us, fastest] :
       {std::pair(Times{20, 30, 40}, Storing::nothing), std::pair(Times{30, 20, 40}, Storing::results),
        std::pair(Times{200, 150, 40}, Storing::all)}) {
    StoreTrial trial;
    const Times gone = run(trial, us, at_first_use);
    EXPECT_EQ(gone, (Times{5, 5, 5})) << "by turns";
    EXPECT_EQ(settled(trial, us), fastest);
  }
}

TEST(StoreTrial, TriesOnlyWhatItIsToldTo) {
  StoreTrial trial;
  EXPECT_EQ(run(trial, {1, 30, 20}, 10, Storing::results), (Times{0, 5, 5}));
  EXPECT_EQ(settled(trial, {1, 30, 20}, Storing::results), Storing::all);
}

TEST(StoreTrial, TheFirstOfAWayDoesNotCount) {
  StoreTrial trial;
  run(trial, {1, 900, 900}, 1);
  run(trial, {30, 20, 40}, at_first_use - 1);
  EXPECT_EQ(settled(trial, {30, 20, 40}), Storing::results);
}

TEST(StoreTrial, TriesAgainWhenOperationsTakeAnotherTime) {
  StoreTrial trial;
  run(trial, {20, 30, 40}, 200);
  EXPECT_EQ(settled(trial, {20, 30, 40}), Storing::nothing);
  run(trial, {200, 150, 40}, 200);
  EXPECT_EQ(settled(trial, {200, 150, 40}), Storing::all);
  run(trial, {5, 10, 20}, 200);
  EXPECT_EQ(settled(trial, {5, 10, 20}), Storing::nothing) << "faster is another time, too";
}

TEST(StoreTrial, TrialsThatChangeNothingBecomeRare) {
  StoreTrial trial;
  Times gone{};
  constexpr int operations = 10'000;
  for (int k = 0; k < operations / 100; ++k) {  // a time that never settles
    const int us = k % 2 == 0 ? 20 : 60;
    const Times more = run(trial, {us, 2 * us, 3 * us}, 100);
    for (std::size_t way = 0; way < gone.size(); ++way) gone[way] += more[way];
  }
  EXPECT_LT(gone[1] + gone[2], operations / 50);
}

TEST(StoreTrial, NoiseIsNoReason) {
  StoreTrial trial;
  run(trial, {20, 30, 40}, at_first_use);
  EXPECT_EQ(run(trial, {27, 30, 40}, 2000), (Times{2000, 0, 0}));
}

}  // namespace
}  // namespace treering
