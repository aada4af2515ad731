#include "parts.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <numeric>

#include "kernels.hpp"

namespace limits {
namespace {

constexpr std::size_t piece = 1024;                             // elements
constexpr std::size_t slice = (128 << 10) / sizeof(float);      // elements
constexpr std::size_t slots = 4;                                // of a slice each, as a ring has
constexpr std::size_t share = parts_bytes / sizeof(float) / 2;  // elements of one process
constexpr int passes = 5;

volatile float sink;

void read(const float* from, std::size_t count) {
  std::array<float, 64> sums{};
  for (std::size_t at = 0; at < count; at += sums.size())
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += from[at + k];
  sink = std::accumulate(sums.begin(), sums.end(), 0.0F);
}

void write(float* to, std::size_t count, Stores stores) {
  static const std::array<float, piece> block{};
  Move move{{block.data()}, {to}, piece};
  for (; count > 0; count -= piece, move.to[0] += piece) carry_out(move, 0, piece, stores);
}

class Clock {
 public:
  template <class Work>
  void time(Work&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  double seconds() const { return seconds_; }

 private:
  double seconds_ = 0;
};

void report(Worker& worker, const char* what, std::size_t bytes, const Clock& clock) {
  std::vector<double> seconds{clock.seconds()};
  worker.slowest(seconds);
  if (worker.index() == 0) std::printf("%-44s %6.1f\n", what, 1e-9 * static_cast<double>(bytes) / seconds[0]);
}

template <class Work>
void report_best(Worker& worker, const char* what, const Work& work) {
  Clock best;
  for (int pass = 0; pass < passes; ++pass) {
    Clock clock;
    worker.meet();
    clock.time(work);
    if (pass == 0 || clock.seconds() < best.seconds()) best = clock;
  }
  report(worker, what, share * sizeof(float), best);
}

/// Each writes to its own slots and then reads the other's, turn by turn.
void report_slots(Worker& worker, float* shared) {
  constexpr std::size_t turns = 4000;
  float* const mine = shared + static_cast<std::size_t>(worker.index()) * share;
  const float* const others = shared + static_cast<std::size_t>(1 - worker.index()) * share;
  Clock writing, reading;
  for (std::size_t turn = 0; turn < turns; ++turn) {
    const std::size_t slot = turn % slots * slice;
    writing.time([&] { write(mine + slot, slice, Stores::cached); });
    worker.meet();
    reading.time([&] { read(others + slot, slice); });
    worker.meet();
  }
  report(worker, "slot written that the other has read", turns * slice * sizeof(float), writing);
  report(worker, "slot read that the other has written", turns * slice * sizeof(float), reading);
}

}  // namespace

int parts(Worker& worker, float* shared) {
  float* const mine = shared + static_cast<std::size_t>(worker.index()) * share;
  write(mine, share, Stores::cached);
  report_best(worker, "memory read", [&] { read(mine, share); });
  report_best(worker, "memory written past the caches", [&] { write(mine, share, Stores::streaming); });
  report_best(worker, "memory written through the caches", [&] { write(mine, share, Stores::cached); });
  report_slots(worker, shared);
  return 0;
}

}  // namespace limits
