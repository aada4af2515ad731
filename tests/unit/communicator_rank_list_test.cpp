#include "communicator/rank_list.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace treering {
namespace {

std::string list(const std::vector<Rank>& ranks) {
  return rank_list(ranks);
}

TEST(RankList, SaysRunsAndSteps) {
  EXPECT_EQ(list({}), "");
  EXPECT_EQ(list({5}), "5");
  EXPECT_EQ(list({0, 1}), "0-1");
  EXPECT_EQ(list({0, 2}), "0,2");
  EXPECT_EQ(list({0, 1, 2, 3, 8, 10, 12, 14}), "0-3,8-14:2");
  EXPECT_EQ(list({0, 2, 4, 1, 3, 5}), "0-4:2,1-5:2");
  EXPECT_EQ(list({3, 2, 1, 0}), "3,2,1,0");
  EXPECT_EQ(list({7, 7}), "7,7");
}

TEST(RankList, IsNeverLong) {
  std::vector<Rank> ranks;
  for (Rank k = 0; k < 40; ++k) ranks.push_back(k * k);
  EXPECT_EQ(list(ranks), "0-1,4,9,16,25,36,49,64,81,100,121,144,.. (27 more)");
}

}  // namespace
}  // namespace treering
