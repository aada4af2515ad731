#include "timing.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "exchange.hpp"

namespace treering::perf {
namespace {

constexpr double shortest_sample_s = 20e-6;  // of which two readings of the clock are well under 1 %
constexpr std::uint64_t largest_batch = 1000;

double clock_s(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// One iteration as -m and -z ask for it.
Result<void> iterate(Communicator& communicator, Call& call, const Settings& settings) {
  Result<void> called = settings.aggregate > 1 ? call.grouped(settings.aggregate) : call();
  if (called && (settings.blocking == 1 || settings.blocking == 3)) return communicator.barrier();
  return called;
}

Result<void> repeat(Communicator& communicator, Call& call, const Settings& settings, std::uint64_t times) {
  for (std::uint64_t k = 0; k < times; ++k) {
    if (Result<void> done = iterate(communicator, call, settings); !done) return done;
  }
  return {};
}

/// Seconds of the shortest of `calls` calls, on the slowest rank: what a call takes where nothing disturbs it.
Result<double> undisturbed(Communicator& communicator, Call& call, const Settings& settings, int calls) {
  double shortest = std::numeric_limits<double>::max();
  for (int k = 0; k < calls; ++k) {
    const double begin = now_s();
    if (Result<void> done = iterate(communicator, call, settings); !done) return done.error();
    shortest = std::min(shortest, now_s() - begin);
  }
  const auto times = gather(communicator, shortest);
  if (!times) return times.error();
  return std::max(*std::max_element(times->begin(), times->end()), 1e-9);
}

/// How many calls make a sample long enough: the same on all ranks.
Result<std::uint64_t> batch_of(Communicator& communicator, Call& call, const Settings& settings) {
  Result<double> time = undisturbed(communicator, call, settings, 1);
  if (time && *time < 1000 * shortest_sample_s) time = undisturbed(communicator, call, settings, 8);
  if (!time) return time.error();
  return static_cast<std::uint64_t>(
      std::clamp(std::ceil(shortest_sample_s / *time), 1.0, static_cast<double>(largest_batch)));
}

double shown_time(const std::vector<double>& of_ranks, Average average) {
  switch (average) {
    case Average::first_rank: return of_ranks.front();
    case Average::fastest: return *std::min_element(of_ranks.begin(), of_ranks.end());
    case Average::slowest: return *std::max_element(of_ranks.begin(), of_ranks.end());
    case Average::mean: break;
  }
  return std::accumulate(of_ranks.begin(), of_ranks.end(), 0.0) / static_cast<double>(of_ranks.size());
}

}  // namespace

double now_s() {
  return clock_s(CLOCK_MONOTONIC);
}

Result<Measured> timed_calls(Communicator& communicator, Call& call, const Shape& shape, const Settings& settings) {
  if (Result<void> warm = repeat(communicator, call, settings, settings.warmup); !warm) return warm.error();
  const Result<std::uint64_t> batch = batch_of(communicator, call, settings);
  if (!batch) return batch.error();
  if (Result<void> together = communicator.barrier(); !together) return together.error();

  std::vector<double> samples_us(settings.iterations);
  const double operations = static_cast<double>(*batch * settings.aggregate);
  const double begin_cpu = clock_s(CLOCK_THREAD_CPUTIME_ID);
  const double begin = now_s();
  double before = begin;
  for (double& sample : samples_us) {
    if (Result<void> done = repeat(communicator, call, settings, *batch); !done) return done.error();
    const double after = now_s();
    sample = 1e6 * (after - before) / operations;
    before = after;
  }
  const double elapsed = settings.cpu_time ? clock_s(CLOCK_THREAD_CPUTIME_ID) - begin_cpu : before - begin;

  const auto of_ranks = gather(communicator, 1e6 * elapsed / (operations * static_cast<double>(settings.iterations)));
  if (!of_ranks) return of_ranks.error();
  const Result<std::vector<double>> all_samples = gather(communicator, samples_us);
  if (!all_samples) return all_samples.error();
  for (std::size_t k = 0; k < all_samples->size(); ++k) {
    double& slowest = samples_us[k % samples_us.size()];
    slowest = std::max(slowest, (*all_samples)[k]);
  }

  Measured measured;
  measured.rank_times_us = *of_ranks;
  measured.time_us = shown_time(*of_ranks, settings.average);
  measured.alg_bw = measured.time_us > 0 ? static_cast<double>(shape.extent.bytes) / (1e3 * measured.time_us) : 0;
  measured.bus_bw = measured.alg_bw * bus_factor(shape.kind, communicator.ranks());
  measured.samples_us = statistics_of(std::move(samples_us));
  measured.calls = *batch * settings.iterations;
  return measured;
}

}  // namespace treering::perf
