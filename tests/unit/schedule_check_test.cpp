// The checker: what it accepts, and what it says about each kind of fault.
#include "schedule/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sample_algorithms.hpp"

namespace treering {
namespace {

using test::sample_chains;
using test::sample_doubling;
using test::sample_halves;
using test::sample_ring;
using ::testing::HasSubstr;

Task all_reduce(Rank ranks, std::uint64_t count, bool in_place = false, Order order = Order::kept) {
  return {.meaning = Meaning::all_reduce, .ranks = ranks, .count = count, .in_place = in_place, .order = order};
}

std::string outcome(const Result<void>& result) {
  return result ? "" : result.error().message;
}

/// What is wrong with given schedules of a task: at once, or under some condition.
std::string fault(const Task& task, std::vector<Schedule> schedules) {
  auto trial = Trial::of(task, std::move(schedules));
  return trial ? outcome(trial->run(all_conditions(task.ranks, Lending::where_safe, task.ranks)))
               : trial.error().message;
}

constexpr Place input(std::uint64_t first = 0) {
  return {Buffer::input, first};
}
constexpr Place output(std::uint64_t first = 0) {
  return {Buffer::output, first};
}

/// Schedules of one lane each, to be said in a test.
std::vector<Schedule> silent(std::size_t ranks, std::size_t lanes = 1) {
  return std::vector<Schedule>(ranks, Schedule{std::vector<Lane>(lanes)});
}

TEST(Check, AcceptsTheSamples) {
  for (Rank p = 1; p <= 9; ++p)
    for (const std::uint64_t n : {0, 1, 7, 13})
      for (const bool in_place : {false, true}) {
        EXPECT_EQ(outcome(check(all_reduce(p, n, in_place), sample_chains)), "");
        EXPECT_EQ(outcome(check(all_reduce(p, n, in_place), sample_halves)), "");
        if (p == 1) continue;
        EXPECT_EQ(outcome(check(all_reduce(p, n, in_place, Order::commutative), sample_ring)), "");
        if ((p & (p - 1)) != 0) continue;
        EXPECT_EQ(outcome(check(all_reduce(p, n, in_place), sample_doubling)), "");
      }
}

TEST(Check, RingDoesNotKeepTheOrder) {
  EXPECT_THAT(
      outcome(check(all_reduce(3, 7), sample_ring)),
      HasSubstr("has \"1.0 2.0 0.0 finished\" in element 0 of the output (it should be \"0.0 1.0 2.0 finished\""));
}

TEST(Check, NamesTaskAndConditions) {
  EXPECT_THAT(outcome(check(all_reduce(3, 7, true), sample_ring)),
              HasSubstr("In the all-reduce of 7 elements on 3 ranks, in place; window 1, lending nothing, seed"));
}

TEST(Check, FaultOfTheAuthor) {
  auto schedules = silent(2);
  schedules[1].lanes[0].step(1).own(input()).send(0);
  schedules[1].lanes[0].step(1).recv(0).recv(0).store(output());
  EXPECT_THAT(fault(all_reduce(2, 1), schedules), HasSubstr("rank 1 lane 0 step 1: a sentence names the same wire"));
}

TEST(Check, RanksThatDisagreeOnLanes) {
  auto schedules = silent(2);
  schedules[1].lanes.resize(2);
  EXPECT_THAT(fault(all_reduce(2, 1), schedules), HasSubstr("rank 1 has 2 lanes and rank 0 has 1"));
  schedules[1].lanes.resize(1);
  schedules[1].lanes[0].circulates = true;
  EXPECT_THAT(fault(all_reduce(2, 1), schedules), HasSubstr("rank 1 lane 0 circulates and that of rank 0 does not"));
}

TEST(Check, PeersThatDoNotExist) {
  for (const Rank peer : {0, 2, -7}) {
    auto schedules = silent(2);
    schedules[0].lanes[0].step(1).own(input()).send(peer);
    EXPECT_THAT(fault(all_reduce(2, 1), schedules),
                HasSubstr("rank 0 lane 0 step 0 sends to rank " + std::to_string(peer)));
  }
}

TEST(Check, MessagesThatDoNotMatch) {
  auto schedules = silent(2);
  schedules[0].lanes[0].step(1).own(input()).send(1);
  schedules[0].lanes[0].step(3).own(input()).send(1);
  schedules[1].lanes[0].step(1).recv(0).store(output());
  EXPECT_THAT(fault(all_reduce(2, 4), schedules),
              HasSubstr("2 messages are sent from rank 0 to rank 1 in lane 0, and 1"));
  schedules[1].lanes[0].step(2).recv(0).store(output(1));
  EXPECT_THAT(
      fault(all_reduce(2, 4), schedules),
      HasSubstr("message 1 from rank 0 to rank 1 in lane 0 is sent with 3 elements in step 1 and received with 2"));
}

TEST(Check, PlacesOutOfBounds) {
  auto schedules = silent(1);
  schedules[0].lanes[0].step(3).own(input(2)).store(output());
  EXPECT_THAT(fault(all_reduce(1, 4), schedules), HasSubstr("touches elements 2 to 4 of the input (it has 4)"));
  auto beyond = silent(1);
  beyond[0].lanes[0].step(3).own(input(9)).store(output());
  EXPECT_THAT(fault(all_reduce(1, 4), beyond), HasSubstr("touches elements 9 to 11 of the input (it has 4)"));
  auto in_scratch = silent(1);
  in_scratch[0].scratch = 2;
  in_scratch[0].lanes[0].step(3).own(input()).store({Buffer::scratch, 0});
  EXPECT_THAT(fault(all_reduce(1, 4), in_scratch), HasSubstr("of the scratch (it has 2)"));
  auto in_place = silent(1);
  in_place[0].lanes[0].step(3).own(input()).store(output());
  EXPECT_THAT(fault(all_reduce(1, 4, true), in_place), HasSubstr("of the input (it has 0)"));
}

TEST(Check, StoresToTheInput) {
  auto schedules = silent(1);
  schedules[0].lanes[0].step(3).read(output()).store(input());
  EXPECT_THAT(fault(all_reduce(1, 4), schedules), HasSubstr("stores to the input"));
}

TEST(Check, LanesThatShareMemory) {
  auto schedules = silent(1, 2);
  schedules[0].lanes[0].step(2).own(input()).store(output());
  schedules[0].lanes[1].step(2).own(input()).store(output(2));
  EXPECT_THAT(fault(all_reduce(1, 4), schedules), Not(HasSubstr("another lane")));
  schedules[0].lanes[1].step(1).read(output(1)).store(output(3));
  EXPECT_THAT(fault(all_reduce(1, 4), schedules),
              HasSubstr("rank 0 lane 1 step 1 touches element 1 of the output, where another lane stores"));
}

TEST(Check, DeadlockSaysWhoWaitsForWhom) {
  auto schedules = silent(2);
  for (Rank rank : {0, 1}) {
    Lane& lane = schedules[static_cast<std::size_t>(rank)].lanes[0];
    lane.step(4).recv(1 - rank).own(input()).send(1 - rank);
  }
  EXPECT_THAT(fault(all_reduce(2, 4), schedules),
              HasSubstr("nobody can move: rank 0 lane 0 step 0 element 0 waits for a message from rank 1; "
                        "rank 1 lane 0 step 0 element 0 waits for a message from rank 0; which waits already"));
}

// The root turns round within one step while a later phase receives over the same wires: it hides at large windows.
TEST(Check, DeadlockOfFullWiresAtSmallWindows) {
  auto schedules = silent(2);
  schedules[0].lanes[0].step(8).own(input()).send(1);
  schedules[0].lanes[0].step(8).recv(1).finish().store(output());
  schedules[1].lanes[0].step(8).own(input()).send(0);
  schedules[1].lanes[0].step(8).recv(0).finish().store(output());
  for (Schedule& schedule : schedules) schedule.lanes[0].steps[1].after = 1;  // as if it waited for the whole
  auto trial = Trial::of(all_reduce(2, 8), schedules);
  ASSERT_TRUE(trial) << trial.error().message;
  EXPECT_THAT(outcome(trial->run({.window = 3})), HasSubstr("waits for room in the wire to rank"));
  EXPECT_THAT(outcome(trial->run({.window = 8})), HasSubstr("it should be"));
}

// The root sends two elements by way of the same scratch: what it lent first has changed when rank 1, starved, looks.
TEST(Check, LendsOnlyWhatNoLaterStepWrites) {
  auto schedules = silent(2);
  Lane& root = schedules[0].lanes[0];
  constexpr Place kept{Buffer::scratch, 0};
  schedules[0].scratch = 1;
  root.step(1).own(input(0)).store(kept).send(1);
  root.step(1).own(input(1)).store(kept).send(1);
  root.copy(2, input(), output());
  schedules[1].lanes[0].step(1).recv(0).store(output(0));
  schedules[1].lanes[0].step(1).recv(0).store(output(1));
  const Task task{.meaning = Meaning::broadcast, .ranks = 2, .root = 0, .count = 2};
  auto trial = Trial::of(task, schedules);
  ASSERT_TRUE(trial) << trial.error().message;
  const auto with = [&](Lending lending) {
    return outcome(trial->run({.window = 2, .lending = lending, .starved = 1}));
  };
  EXPECT_EQ(with(Lending::nothing), "");
  EXPECT_EQ(with(Lending::where_safe), "");
  EXPECT_THAT(with(Lending::everything), HasSubstr("rank 1 has \"0.1\" in element 0 of the output"));
  const auto loans = lendables_of(root, schedules[0], {2, 2});
  EXPECT_FALSE(loans.at(2).safe);
  EXPECT_TRUE(loans.at(5).safe);
}

TEST(Check, LendsEverythingOnlyWhereProven) {
  EXPECT_EQ(outcome(check(all_reduce(4, 7, false), sample_halves, Lending::everything)), "");
  const std::string overwritten = outcome(check(all_reduce(4, 7, true), sample_doubling, Lending::everything));
  EXPECT_THAT(overwritten, HasSubstr("lending everything"));
}

// The result is right in any order here, and still the order is wrong.
TEST(Check, MemoryOutOfProgramOrder) {
  auto schedules = silent(1);
  schedules[0].scratch = 4;
  Lane& lane = schedules[0].lanes[0];
  lane.step(4).own(input()).finish().store(output());
  lane.step(4).read(input()).store({Buffer::scratch, 0});
  lane.step(4).read(input()).store({Buffer::scratch, 0});
  EXPECT_EQ(fault(all_reduce(1, 4), schedules), "");
  lane.steps[2].behind = 0;
  EXPECT_THAT(fault(all_reduce(1, 4), schedules), HasSubstr("rank 0 lane 0 step 1 writes element"));
  EXPECT_THAT(fault(all_reduce(1, 4), schedules), HasSubstr("of the scratch after step 2 has touched it"));
}

TEST(Check, InputsThatChange) {
  // In place, a reduce must leave the memory of the other ranks alone.
  auto schedules = silent(2);
  schedules[0].lanes[0].step(1).own(output()).recv(1).finish().store(output());
  schedules[1].lanes[0].step(1).own(output()).send(0);
  const Task task{.meaning = Meaning::reduce, .ranks = 2, .root = 0, .count = 1, .in_place = true};
  EXPECT_EQ(fault(task, schedules), "");
  schedules[1].lanes[0].step(1).read(output()).finish().store(output());
  EXPECT_THAT(fault(task, schedules), HasSubstr("rank 1 has \"1.0 finished\" in element 0 of the output"));
}

TEST(Check, FinishIsSaidExactlyOnce) {
  const auto with = [](int times) {
    return [times](const Shape& shape) {
      Schedule schedule{std::vector<Lane>(1)};
      auto sentence = schedule.lanes[0].step(shape.count);
      sentence.own(shape.x());
      for (int n = 0; n < times; ++n) sentence.finish();
      sentence.store(shape.out());
      return schedule;
    };
  };
  EXPECT_THAT(outcome(check(all_reduce(1, 2), with(0))), HasSubstr("has \"0.0\""));
  EXPECT_EQ(outcome(check(all_reduce(1, 2), with(1))), "");
  EXPECT_THAT(outcome(check(all_reduce(1, 2), with(2))), HasSubstr("finished finished"));
  const Task scan{.meaning = Meaning::scan, .ranks = 1, .count = 2};
  EXPECT_EQ(outcome(check(scan, with(0))), "");
  EXPECT_NE(outcome(check(scan, with(1))), "");
}

Schedule chain_scan(const Shape& shape, bool exclusive) {
  Schedule schedule{std::vector<Lane>(1)};
  const Rank next = shape.rank + 1 < shape.ranks ? shape.rank + 1 : nobody;
  auto sentence = schedule.lanes[0].step(shape.count);
  sentence.recv(shape.rank - 1);
  if (exclusive) sentence.store({Buffer::output, 0});
  sentence.own({Buffer::input, 0});
  if (!exclusive) sentence.store({Buffer::output, 0});
  sentence.send(next);
  return schedule;
}

TEST(Check, ScansInclusiveAndExclusive) {
  const Algorithm inclusive = [](const Shape& shape) { return chain_scan(shape, false); };
  const Algorithm exclusive = [](const Shape& shape) { return chain_scan(shape, true); };
  for (Rank p = 1; p < 6; ++p) {
    const Task scan{.meaning = Meaning::scan, .ranks = p, .count = 5};
    const Task before{.meaning = Meaning::exclusive_scan, .ranks = p, .count = 5};
    EXPECT_EQ(outcome(check(scan, inclusive)), "");
    EXPECT_EQ(outcome(check(before, exclusive)), "");
    if (p == 1) continue;
    EXPECT_NE(outcome(check(scan, exclusive)), "");
    EXPECT_NE(outcome(check(before, inclusive)), "");
  }
}

/// Every rank tells its block to all others.
Schedule tell_all(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  const Block mine = shape.recvs[shape.rank];
  const Place x = shape.x(shape.in_place ? mine.first : 0);
  lane.copy(mine.count, x, shape.out(mine.first));
  {
    auto tell = lane.step(mine.count);
    tell.own(x);
    for (Rank q = 0; q < shape.ranks; ++q) tell.send(q == shape.rank ? nobody : q);
  }
  for (Rank q = 0; q < shape.ranks; ++q)
    if (q != shape.rank) lane.step(shape.recvs[q].count).recv(q).store(shape.out(shape.recvs[q].first));
  return schedule;
}

/// Every rank folds its block of all inputs.
Schedule fold_mine(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  for (Rank q = 0; q < shape.ranks; ++q)
    if (q != shape.rank) lane.step(shape.sends[q].count).own(shape.x(shape.sends[q].first)).send(q);
  const Block mine = shape.sends[shape.rank];
  auto fold = lane.step(mine.count);
  for (Rank q = 0; q < shape.ranks; ++q) q == shape.rank ? fold.own(shape.x(mine.first)) : fold.recv(q);
  fold.finish().store(shape.out(shape.in_place ? mine.first : 0));
  return schedule;
}

TEST(Check, BlocksUniformAndOfAnySize) {
  for (const bool in_place : {false, true})
    for (const auto& blocks : {std::vector<std::uint64_t>{}, {3, 0, 5, 1}}) {
      Task task{.meaning = Meaning::all_gather, .ranks = 4, .count = 3, .in_place = in_place, .blocks = blocks};
      EXPECT_EQ(outcome(check(task, tell_all)), "");
      task.meaning = Meaning::reduce_scatter;
      EXPECT_EQ(outcome(check(task, fold_mine)), "");
    }
}

TEST(Check, BlocksInTheWrongPlace) {
  const Algorithm swapped = [](const Shape& shape) {
    Schedule schedule = tell_all(shape);
    for (Act& word : schedule.lanes[0].acts)
      if (word.verb == Verb::store && word.first < 6) word.first = 3 - word.first;
    return schedule;
  };
  const Task task{.meaning = Meaning::all_gather, .ranks = 3, .count = 3};
  EXPECT_THAT(outcome(check(task, swapped)), HasSubstr("has \"1.0\" in element 0 of the output (it should be \"0.0\""));
}

/// Rounds of a dissemination barrier.
Schedule barrier(const Shape& shape, Rank farthest) {
  Schedule schedule{std::vector<Lane>(1), 1};
  constexpr Place token{Buffer::scratch, 0};
  for (Rank distance = 1; distance < farthest; distance *= 2) {
    schedule.lanes[0].step(1).read(token).send(mod(shape.rank + distance, shape.ranks));
    schedule.lanes[0].step(1).recv(mod(shape.rank - distance, shape.ranks)).read(token).store(token);
  }
  return schedule;
}

TEST(Check, BarrierHearsFromAll) {
  const Task task{.meaning = Meaning::barrier, .ranks = 7, .count = 0};
  EXPECT_EQ(outcome(check(task, [](const Shape& shape) { return barrier(shape, 7); })), "");
  EXPECT_THAT(outcome(check(task, [](const Shape& shape) { return barrier(shape, 4); })),
              HasSubstr("rank 0 leaves the barrier and nothing has told it that rank 1 has come"));
}

TEST(Check, NeedsOneScheduleARank) {
  EXPECT_THAT(fault(all_reduce(3, 1), silent(2)),
              HasSubstr("2 schedules are given for the all-reduce of 1 elements on 3 ranks"));
}

TEST(AllConditions, StarveEveryRankOfAFew) {
  std::vector<bool> starved(4);
  for (const Conditions& condition : all_conditions(4)) {
    EXPECT_NE(condition.lending, Lending::everything);
    if (condition.starved != nobody) starved.at(static_cast<std::size_t>(condition.starved)) = true;
  }
  EXPECT_EQ(starved, std::vector<bool>(4, true));
}

}  // namespace
}  // namespace treering
