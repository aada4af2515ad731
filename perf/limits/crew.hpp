// Two processes, each bound to a core where there are two, with memory and a connection in common.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace limits {

constexpr int workers = 2;

/// A word on a cache line pair of its own (processors prefetch lines in pairs).
struct alignas(128) Flag {
  std::atomic<std::uint64_t> value = 0;
};

/// What the two share. Made before the fork; lives until both have ended.
struct Board {
  std::array<Flag, workers> flags;
  std::array<std::array<double, 4096>, workers> numbers;
};

class Worker {
 public:
  Worker(int index, Board& board, int socket) : index_(index), board_(board), socket_(socket) {}

  int index() const { return index_; }
  int socket() const { return socket_; }
  /// Tells the other, and waits until it has told as often: one cache line each way.
  void meet();
  /// Rounds in which the line goes there and back: `rounds` of them.
  void ping_pong(std::uint64_t rounds);
  void slowest(std::vector<double>& numbers);

 private:
  int index_;
  Board& board_;
  int socket_;
  std::uint64_t met_ = 0;
};

/// Zeroed memory that both processes see, on small pages as a program's heap; ends the process if there is none.
void* shared_memory(std::size_t bytes);

/// Forks, and runs `work` in both; the worse of the two results.
int with_two(const std::function<int(Worker&)>& work);

}  // namespace limits
