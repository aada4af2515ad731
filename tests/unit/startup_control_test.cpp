#include "startup/control.hpp"

#include <gmock/gmock.h>

#include <iostream>
#include <mutex>

#include "startup/service.hpp"
#include "startup_team.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

std::vector<std::unique_ptr<Joined>> joined_threads(Rank ranks) {
  const auto id = make_unique_id();
  std::vector<std::unique_ptr<Joined>> all(static_cast<std::size_t>(ranks));
  in_threads(ranks, [&](int rank) {
    auto joined = join(request_for(*id, rank, ranks));
    ASSERT_TRUE(joined) << joined.error().message;
    all[static_cast<std::size_t>(rank)] = std::make_unique<Joined>(*std::move(joined));
  });
  return all;
}

/// Every rank writes the failure that it is told of; `victim` is killed once all have joined.
void expect_death_is_seen(Rank ranks, Rank victim) {
  Team team(ranks, [ranks](Rank rank, Board& board) {
    const auto joined = join_by(board, rank, ranks);
    ASSERT_TRUE(joined) << joined.error().message;
    std::atomic<bool> failed{false};
    joined->control->on_failure([&](const Error& error) {
      board.write(rank, error.message);
      failed = true;
    });
    ++board.joined;
    wait_until([&] { return failed.load(); });
    EXPECT_TRUE(joined->control->failure());
  });
  wait_until([&] { return team.board->joined == ranks; });
  const pid_t pid = team.pids[static_cast<std::size_t>(victim)];
  const auto start = Clock::now();
  team.kill_rank(victim);
  team.finish();
  std::cout << "the death of rank " << victim << " of " << ranks << " was known to all after "
            << std::chrono::duration<double>(Clock::now() - start).count() << " s\n";
  for (Rank rank = 0; rank < ranks; ++rank) {
    if (rank == victim) continue;
    const std::string text = team.board->text[rank];
    EXPECT_THAT(text, HasSubstr("rank " + std::to_string(victim) + " (host ")) << "on rank " << rank;
    EXPECT_THAT(text, HasSubstr("pid " + std::to_string(pid) + ") died (its connection closed)")) << "on rank " << rank;
  }
}

TEST(Control, TheDeathOfALeafIsSeenByAll) {
  expect_death_is_seen(6, 5);
}
TEST(Control, TheDeathOfAnInnerRankIsSeenByAll) {
  expect_death_is_seen(12, 4);
}
TEST(Control, TheDeathOfTheRootIsSeenByAll) {
  expect_death_is_seen(7, 0);
}

TEST(Control, AForkedChildDoesNotKeepTheDeadAlive) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "SKIPPED: the thread sanitizer does not support fork() from a process with threads";
#endif
  constexpr Rank ranks = 2;
  Team team(ranks, [](Rank rank, Board& board) {
    const auto joined = join_by(board, rank, ranks);
    ASSERT_TRUE(joined) << joined.error().message;
    pid_t child = 0;
    if (rank == 1 && (child = fork()) == 0) {  // as a data loader does; it lives on
      const auto own = Service::of_process();
      board.write(2, own && (*own)->self().pid == getpid() ? "own service" : "no service");
      ++board.joined;
      while (true) pause();
    }
    if (rank == 1) board.write(1, std::to_string(child));
    ++board.joined;
    std::atomic<bool> failed{false};
    joined->control->on_failure([&](const Error&) { failed = true; });
    wait_until([&] { return failed.load(); });
  });
  wait_until([&] { return team.board->joined == ranks + 1; });
  team.kill_rank(1);
  team.finish();
  EXPECT_STREQ(team.board->text[2], "own service");
  kill(std::stoi(team.board->text[1]), SIGKILL);
}

TEST(Control, AGoodbyeIsNoDeath) {
  constexpr Rank ranks = 9;
  auto all = joined_threads(ranks);
  std::atomic<int> failures{0};
  for (const auto& joined : all) joined->control->on_failure([&](const Error&) { ++failures; });
  in_threads(ranks, [&](int rank) {
    auto& joined = all[static_cast<std::size_t>(rank)];
    const auto over = joined->control->finalize(Clock::now() + std::chrono::minutes(1));
    EXPECT_TRUE(over) << over.error().message;
    if (rank % 2 == 0) joined.reset();  // the others see their connections end
  });
  // A verdict would take half a second. A slow machine can only hide it, not make one up.
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  for (const auto& joined : all)
    if (joined) {
      EXPECT_FALSE(joined->control->failure());
    }
  EXPECT_EQ(failures, 0);
}

TEST(Control, FinalizeNamesWhoIsMissing) {
  auto all = joined_threads(3);
  std::vector<std::string> errors(3);
  in_threads(2, [&](int rank) {
    const auto over =
        all[static_cast<std::size_t>(rank)]->control->finalize(Clock::now() + std::chrono::milliseconds(200));
    if (!over) errors[static_cast<std::size_t>(rank)] = over.error().message;
  });
  EXPECT_THAT(errors[0], HasSubstr("missing: rank 2 (host "));
  EXPECT_THAT(errors[1], HasSubstr("not all ranks have finalized"));
}

TEST(Control, LeavingWithoutGoodbyeIsAFailureThatNamesTheRank) {
  auto all = joined_threads(8);
  all[6].reset();
  for (const auto& joined : all) {
    if (!joined) continue;
    wait_until([&] { return joined->control->failure().has_value(); });
    EXPECT_THAT(joined->control->failure()->message, HasSubstr("rank 6 (host "));
    EXPECT_THAT(joined->control->failure()->message, HasSubstr("has left"));
  }
}

TEST(Control, AllNameTheSameFirstCause) {
  constexpr Rank ranks = 13;
  auto all = joined_threads(ranks);
  in_threads(ranks, [&](int rank) {
    for (int again = 0; again < 3; ++again)
      all[static_cast<std::size_t>(rank)]->control->fail({Code::remote_error, "cause of rank " + std::to_string(rank)});
  });
  for (const auto& joined : all) wait_until([&] { return joined->control->failure().has_value(); });
  for (const auto& joined : all) EXPECT_EQ(joined->control->failure()->message, all[0]->control->failure()->message);
  std::atomic<int> told{0};
  all[5]->control->on_failure([&](const Error&) { ++told; });
  EXPECT_EQ(told, 1) << "who asks late is told at once";
}

TEST(Control, MessagesReachEveryRankFromEveryRank) {
  constexpr Rank ranks = 11;
  auto all = joined_threads(ranks);
  std::mutex mutex;
  std::vector<std::string> got(ranks);
  std::atomic<int> count{0};
  in_threads(ranks, [&](int from) {
    for (Rank target = 0; target < ranks; ++target) {
      const std::string text = std::to_string(from) + " to " + std::to_string(target) + ";";
      all[static_cast<std::size_t>(from)]->control->tell(target, std::as_bytes(std::span(text)));
    }
  });
  for (Rank target = 0; target < ranks; ++target)  // some have come before anybody listens
    all[static_cast<std::size_t>(target)]->control->on_message(
        [&, target](Rank from, std::span<const std::byte> message) {
          const std::lock_guard lock(mutex);
          const std::string text(reinterpret_cast<const char*>(message.data()), message.size());
          EXPECT_EQ(text, std::to_string(from) + " to " + std::to_string(target) + ";");
          got[static_cast<std::size_t>(target)] += text;
          ++count;
        });
  wait_until([&] { return count == ranks * ranks; });
  for (Rank target = 0; target < ranks; ++target)
    for (Rank from = 0; from < ranks; ++from)
      EXPECT_THAT(";" + got[static_cast<std::size_t>(target)],
                  HasSubstr(";" + std::to_string(from) + " to " + std::to_string(target) + ";"));
  for (const auto& joined : all) joined->control->on_message({});
}

}  // namespace
}  // namespace treering
