// How results are stored is found by trying both ways at first use.
#include <gtest/gtest.h>

#include "execution/store_trial.hpp"

namespace treering {
namespace {

using std::chrono::microseconds;

/// Operations until the trial is over, which take so long; a first one of each way takes much longer.
StoreTrial tried(microseconds ordinary, microseconds streamed) {
  StoreTrial trial;
  for (int operation = 0; !trial.is_over(); ++operation) {
    EXPECT_LT(operation, 20);
    const bool streams = trial.streams();
    const auto usual = streams ? streamed : ordinary;
    trial.took(streams, operation < 2 ? microseconds(streams ? 1 : 100'000) : operation % 3 == 0 ? 5 * usual : usual);
  }
  return trial;
}

TEST(StoreTrial, FindsTheFasterWay) {
  EXPECT_TRUE(tried(microseconds(30), microseconds(20)).streams());
  EXPECT_FALSE(tried(microseconds(20), microseconds(30)).streams());
}

TEST(StoreTrial, GoesBothWaysByTurns) {
  StoreTrial trial;
  int streamed = 0;
  for (int operation = 0; operation < 6; ++operation) {
    streamed += trial.streams();
    trial.took(trial.streams(), microseconds(10));
  }
  EXPECT_EQ(streamed, 3);
}

TEST(StoreTrial, StaysWithWhatItHasFound) {
  StoreTrial trial = tried(microseconds(20), microseconds(30));
  EXPECT_FALSE(trial.streams());
  trial.took(false, microseconds(500));  // began before the trial was over
  EXPECT_FALSE(trial.streams());
}

}  // namespace
}  // namespace treering
