// The language itself: which words are said, what is derived from them, which mistakes are found.
#include <gtest/gtest.h>

#include "schedule/append.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"
#include "schedule/text.hpp"

namespace treering {
namespace {

constexpr Place input(std::uint64_t first = 0) {
  return {Buffer::input, first};
}
constexpr Place output(std::uint64_t first = 0) {
  return {Buffer::output, first};
}

std::string words(const Lane& lane, std::size_t step) {
  return text_of(lane, lane.steps.at(step));
}

void expect_waits(const Lane& lane, std::size_t step, std::uint32_t after, std::uint32_t behind) {
  EXPECT_EQ(lane.steps.at(step).after, after) << "step " << step;
  EXPECT_EQ(lane.steps.at(step).behind, behind) << "step " << step;
}

TEST(Sentence, LeavesOutPeersThatAreNotThere) {
  Lane lane;
  lane.step(3).recv(nobody).own(input()).recv(nobody).send(nobody).send(4);
  EXPECT_EQ(words(lane, 0), "own input . send 4");
}

TEST(Sentence, PassesNothingOnBeforeAnythingWasTaken) {
  Lane lane;
  lane.step(3).store(output()).send(1).finish().own(input()).send(2);
  EXPECT_EQ(words(lane, 0), "own input . send 2");
}

TEST(Sentence, NeedNotSayWhatNobodyHears) {
  Lane lane;
  lane.step(3).own(input()).send(nobody);
  lane.step(3).recv(1).store(output()).read(input()).finish();
  ASSERT_EQ(lane.steps.size(), 1u);
  EXPECT_EQ(words(lane, 0), "recv 1 . store output");
}

TEST(Sentence, OverAnEmptyBlockIsNoStep) {
  Lane lane;
  lane.step(0).recv(1).own(input()).store(output()).send(2);
  lane.step(1).own(input()).send(2);
  ASSERT_EQ(lane.steps.size(), 1u);
  EXPECT_EQ(lane.acts.size(), 2u);
  EXPECT_EQ(words(lane, 0), "own input . send 2");
}

TEST(Copy, SaysNothingWhereNothingMoves) {
  Lane lane;
  lane.copy(5, output(2), output(2));
  EXPECT_TRUE(lane.steps.empty());
  lane.copy(5, input(2), output(2));
  EXPECT_EQ(words(lane, 0), "read input+2 . store output+2");
}

TEST(Derivation, WireServesOneStepAtATime) {
  Lane lane;
  lane.step(2).own(input()).send(1);
  lane.step(2).own(input(2)).send(2);
  lane.step(2).own(input(4)).send(1);
  lane.step(2).recv(1).store(output());  // the other direction is another wire
  expect_waits(lane, 1, 0, 0);
  expect_waits(lane, 2, 1, 1);
  expect_waits(lane, 3, 1, 1);
}

TEST(Derivation, FollowsElementByElementWhereTheLaterStepLiesNoFurtherOn) {
  Lane lane;
  lane.step(4).recv(1).store(output(2));
  lane.step(4).read(output(2)).send(2);
  lane.step(4).read(output(1)).send(3);
  expect_waits(lane, 1, 0, 1);
  expect_waits(lane, 2, 0, 1);
}

TEST(Derivation, WaitsForTheWholeWhereTheLaterStepLiesFurtherOn) {
  Lane lane;
  lane.step(4).recv(1).store(output());
  lane.step(4).read(output(1)).send(2);
  expect_waits(lane, 1, 1, 1);
}

TEST(Derivation, SeesWritesAfterReadsAndWritesAfterWrites) {
  Lane lane;
  lane.step(4).own(output()).send(1);
  lane.step(4).recv(1).store(output());
  lane.step(4).recv(2).store(output());
  expect_waits(lane, 1, 0, 1);
  expect_waits(lane, 2, 0, 2);
}

TEST(Derivation, LetsReadersAndNeighboursAlone) {
  Lane lane;
  lane.step(4).own(input()).send(1);
  lane.step(4).own(input()).send(2);
  lane.step(4).recv(1).store(output());
  lane.step(4).recv(2).store(output(4));
  lane.step(4).recv(3).store({Buffer::scratch, 0});
  for (std::size_t step = 0; step < lane.steps.size(); ++step) expect_waits(lane, step, 0, 0);
}

TEST(Derivation, AfterNeverFalls) {
  Lane lane;
  lane.step(1).own(input()).send(1);
  lane.step(1).own(input(1)).send(1);
  lane.step(1).own(input(2)).send(2);
  expect_waits(lane, 1, 1, 1);
  expect_waits(lane, 2, 1, 1);
}

TEST(Derivation, AheadBoundsTheStepsUnderWay) {
  Lane lane;
  lane.ahead = 2;
  for (Rank q = 1; q <= 5; ++q) lane.step(1).own(input(static_cast<std::uint64_t>(q))).send(q);
  expect_waits(lane, 1, 0, 0);
  expect_waits(lane, 2, 1, 1);
  expect_waits(lane, 4, 3, 3);
}

TEST(Fault, ReceivedAndPassedOnToNobody) {
  Schedule schedule{std::vector<Lane>(2)};
  schedule.lanes[0].step(1).own(input()).send(1);
  schedule.lanes[1].step(1).own(input()).send(1);
  EXPECT_EQ(fault_of(schedule), "");
  schedule.lanes[1].step(1).own(input()).send(2).recv(1);
  EXPECT_EQ(fault_of(schedule), "step 1: a sentence takes a value from a wire and passes it on to nobody");
}

TEST(Fault, SameWireTwiceInASentence) {
  Lane lane;
  lane.step(1).recv(1).own(input()).send(1);  // both directions: two wires
  EXPECT_EQ(lane.fault, "");
  lane.step(1).recv(1).recv(1).store(output());
  EXPECT_NE(lane.fault.find("step 1: a sentence names the same wire twice"), std::string::npos) << lane.fault;
}

TEST(Fault, OverlapInsideASentence) {
  Lane in_place;
  in_place.step(4).own(output()).recv(1).store(output());
  EXPECT_EQ(in_place.fault, "");
  Lane shifted;
  shifted.step(4).own(output()).recv(1).store(output(1));
  EXPECT_NE(shifted.fault.find("overlapping memory"), std::string::npos) << shifted.fault;
  Lane read_back;
  read_back.step(4).recv(1).store(output()).read(output()).send(2);
  EXPECT_NE(read_back.fault.find("overlapping memory"), std::string::npos) << read_back.fault;
}

TEST(Fault, CirculatingLaneThatWaitsForAWholeStep) {
  Lane lane;
  lane.circulates = true;
  lane.step(4).recv(1).store(output());
  lane.step(4).read(output(1)).send(2);
  EXPECT_NE(lane.fault.find("it runs in rounds"), std::string::npos) << lane.fault;
}

TEST(Fault, SentenceInsideASentence) {
  Lane lane;
  {
    auto first = lane.step(2);
    first.own(input()).send(1);
    lane.step(2).own(input()).send(2);
  }
  EXPECT_EQ(lane.fault, "step 1: a sentence begins before the one before it has ended");
}

TEST(Fault, FirstOneIsKept) {
  Lane lane;
  lane.step(1).recv(1);
  const std::string first = lane.fault;
  lane.step(1).recv(1).recv(1).store(output());
  EXPECT_EQ(lane.fault, first);
}

TEST(Append, MapsRanksAndPlacesAndSaysEachStageOnce) {
  Lane part;
  part.step(2).recv(0).own(output()).finish().store(output()).send(1);
  const auto tripled = [](Rank rank) { return 3 * rank + 1; };
  Lane first, middle, last;
  append(first, part, tripled, 10, {.first = true, .last = false});
  append(middle, part, tripled, 10, {.first = false, .last = false});
  append(last, part, tripled, 10, {.first = false, .last = true});
  EXPECT_EQ(words(first, 0), "recv 1 . own output+10 . store output+10 . send 4");
  EXPECT_EQ(words(middle, 0), "recv 1 . read output+10 . store output+10 . send 4");
  EXPECT_EQ(words(last, 0), "recv 1 . read output+10 . finish . store output+10 . send 4");
}

TEST(Append, DerivesDependenciesAnew) {
  Lane first, second, both;
  first.step(4).recv(1).store(output());
  second.step(4).read(output()).send(1);
  append(both, first, [](Rank rank) { return rank; }, 0, {.first = true, .last = false});
  append(both, second, [](Rank rank) { return rank; }, 0, {.first = false, .last = true});
  expect_waits(both, 1, 0, 1);
}

TEST(Split, IsBalancedAndCoversEverything) {
  for (Rank parts = 1; parts < 9; ++parts)
    for (std::uint64_t count = 0; count < 20; ++count) {
      std::uint64_t next = 0;
      for (Rank part = 0; part < parts; ++part) {
        const Block block = split(count, parts, part);
        EXPECT_EQ(block.first, next);
        EXPECT_LE(block.count - count / static_cast<std::uint64_t>(parts), 1u);
        next += block.count;
      }
      EXPECT_EQ(next, count);
    }
}

}  // namespace
}  // namespace treering
