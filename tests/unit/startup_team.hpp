// Ranks for tests of start-up and control: as threads of this process, or as processes of their own.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "startup/bootstrap.hpp"

namespace treering {

inline JoinRequest request_for(const UniqueId& id, Rank rank, Rank ranks) {
  JoinRequest request;
  request.id = id;
  request.rank = rank;
  request.ranks = ranks;
  request.decisions = {{"window", "1048576"}, {"algorithm", "auto"}};
  return request;
}

/// Runs body(k) for k < count, each in a thread of its own.
inline void in_threads(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int k = 0; k < count; ++k) threads.emplace_back(body, k);
  for (std::thread& thread : threads) thread.join();
}

/// Memory that forked processes share with the test.
struct Board {
  static constexpr int most = 64;
  UniqueId id;
  std::atomic<bool> has_id;
  std::atomic<int> joined, finished;
  char text[most][1024];

  void write(Rank rank, const std::string& value) { std::strncpy(text[rank], value.c_str(), sizeof text[rank] - 1); }
};

inline void wait_until(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// Processes, one a rank. The test's own process starts no thread before, so that they can.
class Team {
 public:
  Team(Rank ranks, const std::function<void(Rank, Board&)>& body) {
    void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    board = new (memory) Board{};
    for (Rank rank = 0; rank < ranks; ++rank) {
      const pid_t pid = fork();
      if (pid == 0) {
        alarm(120);
        body(rank, *board);
        std::exit(testing::Test::HasFailure() ? 1 : 0);
      }
      pids.push_back(pid);
    }
  }
  ~Team() {
    for (const pid_t pid : pids)
      if (pid > 0) kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
    munmap(board, sizeof(Board));
  }

  void kill_rank(Rank rank) {
    pid_t& pid = pids[static_cast<std::size_t>(rank)];
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = 0;
  }
  /// Waits for all that have not been killed.
  void finish() {
    for (pid_t& pid : pids) {
      if (pid == 0) continue;
      int status = 0;
      waitpid(pid, &status, 0);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "pid " << pid << ", status " << status;
      pid = 0;
    }
  }

  Board* board;
  std::vector<pid_t> pids;
};

/// Rank 0 makes the id, the others take it from the board.
inline Result<Joined> join_by(Board& board, Rank rank, Rank ranks) {
  if (rank == 0) {
    auto id = make_unique_id();
    if (!id) return std::move(id).error();
    board.id = *id;
    board.has_id = true;
  }
  wait_until([&] { return board.has_id.load(); });
  return join(request_for(board.id, rank, ranks));
}

}  // namespace treering
