#include "schedule/rank_order.hpp"

#include <gtest/gtest.h>

namespace treering {
namespace {

TEST(RankOrder, OfRanksIsTheDefault) {
  const RankOrder by_default, written({0, 1, 2, 3});
  for (const RankOrder& order : {by_default, written}) {
    EXPECT_TRUE(order.is_rank_order());
    EXPECT_EQ(order.digest(), 0u);
    EXPECT_EQ(order.rank_at(2), 2);
    EXPECT_EQ(order.position_of(3), 3);
  }
}

TEST(RankOrder, SaysWhoStandsWhere) {
  const RankOrder order({2, 0, 3, 1});
  EXPECT_FALSE(order.is_rank_order());
  EXPECT_EQ(order.rank_at(0), 2);
  EXPECT_EQ(order.position_of(2), 0);
  EXPECT_EQ(order.position_of(1), 3);
  EXPECT_NE(order.digest(), 0u);
  EXPECT_NE(order.digest(), RankOrder({2, 0, 1, 3}).digest());
}

TEST(RankOrder, AsksAboutPositionsAndSpeaksOfRanks) {
  const RankOrder order({2, 0, 3, 1});
  const std::uint64_t counts[] = {5, 6, 7, 8}, firsts[] = {0, 5, 11, 18};
  Shape asked;
  const Shape shape{.ranks = 4, .rank = 3, .root = 1, .count = 9, .sends = {.each = 10}, .recvs = {0, counts, firsts}};
  const Schedule schedule = in_order(order, shape, [&](const Shape& in_a_row) {
    asked = in_a_row;
    EXPECT_EQ(in_a_row.sends[3].first, 10u);  // of rank 1
    EXPECT_EQ(in_a_row.recvs[0].first, 11u);  // of rank 2
    EXPECT_EQ(in_a_row.recvs[0].count, 7u);
    Schedule made{std::vector<Lane>(1)};
    made.lanes[0].step(9).recv(1).own(in_a_row.x(4)).send(3);
    return made;
  });
  EXPECT_EQ(asked.rank, 2);
  EXPECT_EQ(asked.root, 3);
  EXPECT_EQ(asked.count, 9u);
  const auto words = schedule.lanes[0].words(schedule.lanes[0].steps[0]);
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0].peer, 0);
  EXPECT_EQ(words[1].first, 4u);
  EXPECT_EQ(words[1].peer, nobody);
  EXPECT_EQ(words[2].peer, 1);
}

}  // namespace
}  // namespace treering
