// Time in the one-port model.
#include "schedule/one_port.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedule/shape.hpp"
#include "support/sample_algorithms.hpp"

namespace treering {
namespace {

using ::testing::HasSubstr;

template <class Algorithm>
std::vector<Schedule> schedules_of(Algorithm algorithm, Rank ranks, std::uint64_t count) {
  std::vector<Schedule> schedules;
  for (Rank rank = 0; rank < ranks; ++rank)
    schedules.push_back(algorithm({.ranks = ranks, .rank = rank, .count = count}));
  return schedules;
}

Schedule star(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  if (shape.rank > 0) {
    schedule.lanes[0].step(shape.count).recv(0).store({Buffer::output, 0});
    return schedule;
  }
  auto tell = schedule.lanes[0].step(shape.count);
  tell.own({Buffer::input, 0});
  for (Rank q = 1; q < shape.ranks; ++q) tell.send(q);
  return schedule;
}

Schedule chain(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  auto pass = schedule.lanes[0].step(shape.count);
  if (shape.rank == 0) pass.own({Buffer::input, 0});
  pass.recv(shape.rank - 1).store({Buffer::output, 0}).send(shape.rank + 1 < shape.ranks ? shape.rank + 1 : nobody);
  return schedule;
}

std::uint64_t steps(const std::vector<Schedule>& schedules, const MayCross& may_cross = {}) {
  auto counted = one_port_steps(schedules, may_cross);
  EXPECT_TRUE(counted) << counted.error().message;
  return counted ? *counted : 0;
}

TEST(OnePort, SendsOneElementAStep) {
  EXPECT_EQ(steps(schedules_of(star, 5, 3)), 4u * 3u);
}

TEST(OnePort, PipelinesAChain) {
  EXPECT_EQ(steps(schedules_of(chain, 6, 10)), 6u - 2u + 10u);
}

TEST(OnePort, ReceivesOneElementAStep) {
  // Four ranks tell rank 0 in lanes of their own: its one port takes them in turn.
  std::vector<Schedule> schedules(5, Schedule{std::vector<Lane>(4)});
  for (Rank q = 1; q < 5; ++q) {
    const auto lane = static_cast<std::size_t>(q - 1);
    schedules[static_cast<std::size_t>(q)].lanes[lane].step(2).own({Buffer::input, 0}).send(0);
    schedules[0].lanes[lane].step(2).recv(q).store({Buffer::output, 2 * lane});
  }
  EXPECT_EQ(steps(schedules), 8u);
}

TEST(OnePort, CountsTheRing) {
  // Blocks of one element: 2(p-1) steps, all ports busy.
  for (Rank p = 2; p < 9; ++p)
    EXPECT_EQ(steps(schedules_of(test::sample_ring, p, static_cast<std::uint64_t>(p))),
              2 * static_cast<std::uint64_t>(p) - 2);
}

TEST(OnePort, ObeysTheRule) {
  const auto schedules = schedules_of(chain, 2, 4);
  EXPECT_EQ(steps(schedules), 4u);
  EXPECT_EQ(steps(schedules, [](const Crossing& crossing) { return crossing.time % 2 == 1; }), 8u);
  std::vector<std::uint64_t> elements;
  steps(schedules, [&](const Crossing& crossing) {
    EXPECT_EQ(crossing.from, 0);
    EXPECT_EQ(crossing.to, 1);
    elements.push_back(crossing.element);
    return true;
  });
  EXPECT_EQ(elements, (std::vector<std::uint64_t>{0, 1, 2, 3}));
}

TEST(OnePort, FailsWhereNothingCanMove) {
  auto refused = one_port_steps(schedules_of(chain, 2, 4), [](const Crossing&) { return false; });
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("the rule refuses all that wait"));
  std::vector<Schedule> waiting(2, Schedule{std::vector<Lane>(1)});
  for (Rank rank : {0, 1})
    waiting[static_cast<std::size_t>(rank)].lanes[0].step(1).recv(1 - rank).own({Buffer::input, 0}).send(1 - rank);
  auto stuck = one_port_steps(waiting);
  ASSERT_FALSE(stuck);
  EXPECT_THAT(stuck.error().message, HasSubstr("all wait for messages"));
}

}  // namespace
}  // namespace treering
