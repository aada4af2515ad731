// The simulator against times that were reckoned by hand. Rates are chosen so that a byte takes whole picoseconds.
#include "simulation/simulate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "topology/builder.hpp"
#include "unit/simulation_platforms.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t us = 1'000'000;  // ps
constexpr std::uint64_t byte = 100;      // ps at 10 GB/s

/// Rank 0 sends `count` elements to each of the next `peers` ranks, in one sentence.
std::vector<Schedule> star(Rank ranks, Rank peers, std::uint64_t count) {
  std::vector<Schedule> schedules(static_cast<std::size_t>(ranks), Schedule{std::vector<Lane>(1)});
  {
    auto tell = schedules[0].lanes[0].step(count);
    tell.own({Buffer::input, 0});
    for (Rank q = 1; q <= peers; ++q) tell.send(q);
  }
  for (Rank q = 1; q <= peers; ++q)
    schedules[static_cast<std::size_t>(q)].lanes[0].step(count).recv(0).store({Buffer::output, 0});
  return schedules;
}

/// Rank q + 1 gets from rank q.
std::vector<Schedule> chain(Rank ranks, std::uint64_t count) {
  std::vector<Schedule> schedules(static_cast<std::size_t>(ranks), Schedule{std::vector<Lane>(1)});
  for (Rank q = 0; q < ranks; ++q) {
    auto pass = schedules[static_cast<std::size_t>(q)].lanes[0].step(count);
    if (q == 0) pass.own({Buffer::input, 0});
    pass.recv(q > 0 ? q - 1 : nobody).store({Buffer::output, 0}).send(q + 1 < ranks ? q + 1 : nobody);
  }
  return schedules;
}

/// All other ranks send `count` elements to rank 0, which multiplies them in one sentence.
std::vector<Schedule> gathering(Rank ranks, std::uint64_t count) {
  std::vector<Schedule> schedules(static_cast<std::size_t>(ranks), Schedule{std::vector<Lane>(1)});
  auto hear = schedules[0].lanes[0].step(count);
  hear.own({Buffer::input, 0});
  for (Rank q = 1; q < ranks; ++q) {
    schedules[static_cast<std::size_t>(q)].lanes[0].step(count).own({Buffer::input, 0}).send(0);
    hear.recv(q);
  }
  hear.store({Buffer::output, 0});
  return schedules;
}

TEST(Simulate, TimesOfAnyNumberOfBytesAreExactOrTheMostThereIs) {
  EXPECT_EQ(time_ps(7, 3), 2'333'334u);
  EXPECT_EQ(time_ps(7, 0), 0u);
  EXPECT_EQ(time_ps(std::uint64_t{1} << 50, 1000), std::uint64_t{1000} << 50);
  EXPECT_EQ(time_ps(std::uint64_t{9} << 42, 3), std::uint64_t{3'000'000} << 42);
  EXPECT_EQ(time_ps(std::uint64_t{1} << 45, 1), ~std::uint64_t{0});
  EXPECT_EQ(time_ps(~std::uint64_t{0}, 2'000'000), std::uint64_t{1} << 63);
}

TEST(Simulate, AWayMayHaveManyLinks) {
  constexpr Rank hosts = 70'000;
  topology::TopologyBuilder builder;
  for (Rank host = 0; host < hosts; ++host) {
    const auto node = builder.add({.kind = topology::NodeKind::host, .name = "host" + std::to_string(host)});
    if (host == 0) continue;
    builder.add({.from = node - 1,
                 .to = node,
                 .type = topology::LinkType::network,
                 .declared = {.forward_gbs = 10, .back_gbs = 10, .latency_us = 1}});
  }
  const topology::Topology chain = *std::move(builder).build();
  Network ends(chain, {0, hosts - 1});
  const auto outcome = simulate(star(2, 1, 1000), ends, {}, 1);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->time_ps, (hosts - 1) * us + 1000 * byte);
}

TEST(Simulate, OneMessageIsLatencyBytesAndOverheads) {
  Hosts two("2 hosts 10GB/s 3us");
  EXPECT_EQ(two.run(star(2, 1, 1000)).time_ps, 3 * us + 1000 * byte);
  EXPECT_EQ(two.run(star(2, 1, 1000), {}, 4).time_ps, 3 * us + 4000 * byte);
  const Constants constants{.send_overhead_ps = 7, .recv_overhead_ps = 11, .memory_copy_mb_per_s = 1000};
  const Outcome outcome = two.run(star(2, 1, 1000), constants);
  EXPECT_EQ(outcome.time_ps, 7 + 3 * us + 1000 * byte + 11 + 1000 * 1000);
  EXPECT_EQ(outcome.slices, 1u);
  EXPECT_EQ(outcome.busiest_processor, 11u + 1000 * 1000);
  EXPECT_THAT(outcome.busy_ps, testing::ElementsAre(1000 * byte, 0, 0, 1000 * byte));  // up to the switch, down again
}

TEST(Simulate, TheSlowestLinkOnTheWayHoldsUpTheLastByte) {
  Hosts hosts("dragonfly 2 groups of 1 routers of 1 hosts 10GB/s 1us, global 5GB/s 2us");
  EXPECT_EQ(hosts.run(star(2, 1, 1000)).time_ps, 1 * us + 2 * us + 1000 * 200 + 1 * us);
}

TEST(Simulate, SlicesFollowOneAnotherThroughAChain) {
  Hosts hosts("4 hosts 10GB/s 3us");
  const Constants constants{.slice_bytes = 1000, .window = 100};
  const Outcome outcome = hosts.run(chain(4, 10'000), constants);
  EXPECT_EQ(outcome.time_ps, 3 * 3 * us + (10 + 2) * 1000 * byte);
  EXPECT_EQ(outcome.slices, 3u * 10);
  EXPECT_EQ(outcome.busy_ps[0], 10'000 * byte) << "of all slices together";
  EXPECT_EQ(hosts.run(chain(4, 9'500), constants).time_ps, 3 * 3 * us + (9 * 1000 + 500 + 2 * 1000) * byte)
      << "the last, short slice waits for none but its turn";
}

TEST(Simulate, MessagesOfOneRankShareItsLink) {
  Hosts hosts("4 hosts 10GB/s 2us");
  EXPECT_EQ(hosts.run(star(4, 3, 1000)).time_ps, 2 * us + 3 * 1000 * byte);
  EXPECT_EQ(hosts.run(star(4, 3, 1000), {.send_overhead_ps = 5 * us}).time_ps, 15 * us + 2 * us + 1000 * byte)
      << "and set out one after another";
}

TEST(Simulate, MessagesToOneRankShareItsLinkAndItsProcessor) {
  Hosts hosts("4 hosts 10GB/s 2us");
  EXPECT_EQ(hosts.run(gathering(4, 1000)).time_ps, 2 * us + 3 * 1000 * byte);
  const Constants constants{.recv_overhead_ps = us, .reduction_mb_per_s = 2000};
  EXPECT_EQ(hosts.run(gathering(4, 1000), constants).time_ps, 2 * us + 3 * 1000 * byte + 3 * (us + 1000 * 500))
      << "one sentence is said when all is there";
}

TEST(Simulate, LanesReduceAtTheSameProcessor) {
  Hosts hosts("3 hosts 10GB/s 2us");
  std::vector<Schedule> schedules(3, Schedule{std::vector<Lane>(2)});
  for (const Rank q : {1, 2}) {
    const auto lane = static_cast<std::size_t>(q - 1);
    schedules[static_cast<std::size_t>(q)].lanes[lane].step(1000).own({Buffer::input, 0}).send(0);
    schedules[0].lanes[lane].step(1000).recv(q).own({Buffer::input, 1000 * lane}).store({Buffer::output, 1000 * lane});
  }
  EXPECT_EQ(hosts.run(schedules, {.reduction_mb_per_s = 1000}).time_ps, 2 * us + 1000 * byte + 2 * 1000 * 1000);
}

TEST(Simulate, ASendWaitsForASlotThatComesBackOverTheWay) {
  Hosts two("2 hosts 10GB/s 3us");
  const auto time = [&](std::uint32_t window) {
    return two.run(star(2, 1, 3000), {.slice_bytes = 1000, .window = window}).time_ps;
  };
  const std::uint64_t slice = 1000 * byte;
  EXPECT_EQ(time(3), 3 * us + 3 * slice);
  EXPECT_EQ(time(2), (3 * us + slice) + 3 * us + (3 * us + slice)) << "the third after the first came back";
  EXPECT_EQ(time(1), 3 * (3 * us + slice) + 2 * 3 * us);
}

TEST(Simulate, AProcessorThatIsBusyUntilASlotIsBackTakesTheSendInItsTurn) {
  // Rank 0 sends two slices to rank 1 through a window of one, and hears from ranks 2 and 3. It stores what rank 2 sent
  // from 13.1 us on; the slot comes back meanwhile, at 17.11, so the second slice is next, although the message of rank
  // 3 is there at 14.11.
  Hosts hosts("4 hosts 10GB/s 3us");
  std::vector<Schedule> schedules(4, Schedule{std::vector<Lane>(2)});
  schedules[0].lanes[0].step(2200).own({Buffer::input, 0}).send(1);
  schedules[0].lanes[0].step(1000).recv(2).store({Buffer::output, 0});
  schedules[0].lanes[1].step(1100).recv(3).store({Buffer::output, 1000});
  schedules[1].lanes[0].step(2200).recv(0).store({Buffer::output, 0});
  schedules[2].lanes[0].step(1000).own({Buffer::input, 0}).store({Buffer::output, 0}).send(0);
  schedules[3].lanes[1].step(1100).own({Buffer::input, 0}).store({Buffer::output, 0}).send(0);
  const Constants constants{.slice_bytes = 1100, .window = 1, .memory_copy_mb_per_s = 100};
  const std::uint64_t stored = 10 * us + (3 * us + 1000 * byte) + 10 * us;
  EXPECT_EQ(hosts.run(schedules, constants).time_ps, stored + (3 * us + 1100 * byte) + 11 * us);
}

TEST(Simulate, WhatIsReadAfterItWasStoredWaitsForIt) {
  // Rank 1 stores what it gets, and sends that on in another sentence, slice by slice.
  Hosts hosts("3 hosts 10GB/s 3us");
  std::vector<Schedule> schedules(3, Schedule{std::vector<Lane>(1)});
  schedules[0].lanes[0].step(4000).own({Buffer::input, 0}).send(1);
  schedules[1].lanes[0].step(4000).recv(0).store({Buffer::output, 0});
  schedules[1].lanes[0].step(4000).read({Buffer::output, 0}).send(2);
  schedules[2].lanes[0].step(4000).recv(1).store({Buffer::output, 0});
  EXPECT_EQ(hosts.run(schedules, {.slice_bytes = 1000}).time_ps, 2 * 3 * us + (4 + 1) * 1000 * byte);
}

TEST(Simulate, ACirculatingLaneRunsInRoundsOfHalfAWindow) {
  // Two ranks exchange 8 slices; in rounds of 2, a round begins at a rank when the one before it is over there.
  Hosts two("2 hosts 10GB/s 3us");
  std::vector<Schedule> schedules(2, Schedule{std::vector<Lane>(1)});
  for (const Rank rank : {0, 1}) {
    Lane& lane = schedules[static_cast<std::size_t>(rank)].lanes[0];
    lane.circulates = true;
    lane.step(8000).own({Buffer::input, 0}).send(1 - rank);
    lane.step(8000).recv(1 - rank).store({Buffer::output, 0});
  }
  const std::uint64_t round = 3 * us + 2 * 1000 * byte;
  EXPECT_EQ(two.run(schedules, {.slice_bytes = 1000, .window = 4}).time_ps, 4 * round);
  EXPECT_EQ(two.run(schedules, {.slice_bytes = 1000, .window = 16}).time_ps, 3 * us + 8 * 1000 * byte);
}

TEST(Simulate, AFreeLinkBehindABusyOneTakesWhoComesFirst) {
  // Ranks 0 and 1 of one leaf, 2 and 3 of the other, one link between the leaves. Rank 0's messages to 2 and 3 and rank
  // 1's to 3 share it; rank 2's own message to 3 does not wait for them.
  Hosts hosts("fat-tree 4 hosts 10GB/s 1us, 2 levels, leaves of 2, oversubscribed 2:1");
  std::vector<Schedule> schedules(4, Schedule{std::vector<Lane>(1)});
  {
    schedules[0].lanes[0].step(1000).own({Buffer::input, 0}).send(2);
    schedules[1].lanes[0].step(1000).own({Buffer::input, 0}).send(3);
    schedules[2].lanes[0].step(1000).recv(0).store({Buffer::output, 0});
    schedules[3].lanes[0].step(1000).recv(1).store({Buffer::output, 0});
  }
  EXPECT_EQ(hosts.run(schedules).time_ps, 4 * us + 2 * 1000 * byte);
  schedules[2].lanes[0].step(1000).own({Buffer::input, 0}).send(3);
  schedules[3].lanes[0].step(1000).recv(2).store({Buffer::output, 1000});
  EXPECT_EQ(hosts.run(schedules).time_ps, 4 * us + 2 * 1000 * byte);
}

TEST(Simulate, RanksOnOneNodeExchangeAtOnce) {
  const Hosts two("2 hosts 10GB/s 3us");
  Network one_node(two.topology(), {0, 0});
  const auto outcome = simulate(star(2, 1, 1000), one_node, {.send_overhead_ps = 5, .recv_overhead_ps = 6}, 1);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->time_ps, 11u);
}

TEST(Simulate, NothingTakesNoTime) {
  Hosts two("2 hosts 10GB/s 3us");
  EXPECT_EQ(two.run(std::vector<Schedule>(2, Schedule{std::vector<Lane>(1)})).time_ps, 0u);
  EXPECT_EQ(two.run(std::vector<Schedule>(2)).time_ps, 0u);
}

TEST(Simulate, RefusesWhatCannotRun) {
  Hosts two("2 hosts 10GB/s 3us");
  const auto refused = [&](const std::vector<Schedule>& schedules, Network& network, std::uint64_t element_bytes) {
    const auto outcome = simulate(schedules, network, {}, element_bytes);
    return outcome ? std::string("runs") : outcome.error().message;
  };
  EXPECT_THAT(refused(star(3, 1, 1), two.network(), 1), HasSubstr("3 schedules for 2 ranks"));
  EXPECT_THAT(refused(star(2, 1, 1), two.network(), 0), HasSubstr("1 to 2^31 bytes"));
  std::vector<Schedule> waiting(2, Schedule{std::vector<Lane>(1)});
  for (const Rank rank : {0, 1})
    waiting[static_cast<std::size_t>(rank)].lanes[0].step(1).recv(1 - rank).own({Buffer::input, 0}).send(1 - rank);
  EXPECT_THAT(refused(waiting, two.network(), 1), HasSubstr("nobody can move: rank 0 lane 0 step 0"));
  Hosts apart("2 hosts 0GB/s");
  EXPECT_THAT(refused(star(2, 1, 1), apart.network(), 1), HasSubstr("no way leads from host0 to host1"));
}

TEST(Simulate, RefusesTimesThatDoNotFitInsteadOfBeginningAnew) {
  constexpr std::uint64_t slice = std::uint64_t{1} << 31, slow_byte = us;
  Hosts slow("2 hosts 0.001GB/s 3us");
  const auto refused = [&](const std::vector<Schedule>& schedules, const Constants& constants) {
    const auto outcome = simulate(schedules, slow.network(), constants, 1);
    return outcome ? std::to_string(outcome->time_ps) : outcome.error().message;
  };
  const Constants constants{.slice_bytes = slice, .memory_copy_mb_per_s = 1};
  const auto late = HasSubstr("it takes more than 213 days");
  EXPECT_EQ(slow.run(chain(2, 8000 * slice), {.slice_bytes = slice}).time_ps, 8000 * slice * slow_byte + 3 * us);
  EXPECT_THAT(refused(chain(2, 9000 * slice), {.slice_bytes = slice}), late) << "links";
  std::vector<Schedule> copying(2, Schedule{std::vector<Lane>(1)});
  copying[0].lanes[0].step(9000 * slice).own({Buffer::input, 0}).store({Buffer::output, 0});
  EXPECT_THAT(refused(copying, constants), late) << "a processor, without any message";
  EXPECT_THAT(refused(star(2, 1, 3), {.slice_bytes = 1, .send_overhead_ps = std::uint64_t{1} << 63}), late);
  EXPECT_THAT(refused(chain(2, 3), {.slice_bytes = 1, .recv_overhead_ps = std::uint64_t{1} << 63}), late);
}

}  // namespace
}  // namespace treering
