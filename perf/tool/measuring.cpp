#include "measuring.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "communicator/placement.hpp"
#include "cores.hpp"
#include "host_times.hpp"
#include "options/option_values.hpp"
#include "planning/choose.hpp"
#include "statistics.hpp"
#include "trial.hpp"

namespace treering::perf {
namespace {

constexpr int rounds = 5;

/// What the library makes of the roster of so many ranks on this host.
Prices prices_here(int ranks, const std::string& transport, const HostConstants& constants) {
  Roster roster(static_cast<std::size_t>(ranks));
  for (Rank rank = 0; rank < ranks; ++rank) {
    Member& member = roster[static_cast<std::size_t>(rank)];
    member.rank = rank;
    member.processors.count = cores_here();
    member.constants = constants;
  }
  return {cluster_of(roster, transport == "tcp" ? Reach::tcp : Reach::shared_memory), {}};
}

/// All-reduces of some sizes that are measured once a round.
struct Series {
  int ranks;
  std::string transport;
  std::vector<std::vector<double>> measured_us;  // of each size, one a round
};

/// False: a trial failed.
bool measure(Series& series, const std::vector<std::uint64_t>& sizes) {
  const auto times = times_us({series.ranks, cores_here(), series.transport, "auto", sizes});
  for (std::size_t k = 0; times && k < sizes.size(); ++k) series.measured_us[k].push_back((*times)[k]);
  return times.has_value();
}

/// `stored` has chosen, `found` says what that takes.
void print_series(const Series& series, const std::vector<std::uint64_t>& sizes, const HostConstants& stored,
                  const HostConstants& found) {
  constexpr double tolerance = 0.3, ps_in_us = 1e6;
  const Prices choosing = prices_here(series.ranks, series.transport, stored);
  const Prices telling = prices_here(series.ranks, series.transport, found);
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const Shape shape{.ranks = series.ranks, .count = sizes[k] / sizeof(float)};
    const auto offer = choose(Collective::all_reduce, shape, sizeof(float), Order::commutative, choosing);
    if (!offer) continue;
    const auto price_ps = telling.price_ps(*offer->row, shape, sizeof(float), Order::commutative);
    if (!price_ps) continue;
    const double predicted_us = static_cast<double>(*price_ps) / ps_in_us,
                 measured_us = statistics_of(series.measured_us[k]).p50;
    const double ratio = predicted_us / measured_us;
    fmt::print("| {} | {} | {} | {} | {:.1f} | {:.1f} | {:.2f}{} |\n", series.ranks, series.transport,
               size_text(sizes[k]), offer->row->name, predicted_us, measured_us, ratio,
               std::abs(ratio - 1) > tolerance ? " !" : "");
  }
}

}  // namespace

int run_constants() {
  if (cores_here() < 2) {
    fmt::print(stderr,
               "treering-perf: constants cannot be measured on one core (ranks need one each to show what a "
               "message takes) give this process two\n");
    return exit_usage;
  }
  // Before, not after half a minute.
  const std::string path = own_constants_path();
  if (const auto storable = check_constants_path(path); !storable) {
    fmt::print(stderr, "treering-perf: {}\n", storable.error().message);
    return exit_failure;
  }
  if (cores_apart_here() < 2)
    fmt::print(stderr,
               "treering-perf: note: there is one core, with several threads (what two ranks on two of them share is "
               "measured too) give this process two cores, if the host has them\n");
  std::vector<HostConstants> found;
  for (int round = 0; round < rounds; ++round) {
    const auto times = time_host();
    if (!times) return exit_failure;
    found.push_back(constants_of(*times));
  }
  const HostConstants constants = median_of(found);
  if (const auto stored = store_constants(constants, path); !stored) {
    fmt::print(stderr, "treering-perf: {}\n", stored.error().message);
    return exit_failure;
  }
  char host[65] = {};
  gethostname(host, sizeof host - 1);
  fmt::print("{}# stored in {}\n", text_of(constants, host), path);
  return exit_ok;
}

int run_predictions() {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t bytes = 1 << 10; bytes <= 64 << 20; bytes *= 4) sizes.push_back(bytes);
  std::vector<Series> all;
  for (const int ranks : {2, 4})
    for (const char* transport : {"shm", "tcp"})
      all.push_back({ranks, transport, {sizes.size(), std::vector<double>()}});
  std::vector<HostConstants> found;
  for (int round = 0; round < rounds; ++round) {
    const auto times = time_host();
    if (!times) return exit_failure;
    found.push_back(constants_of(*times));
    for (Series& series : all)
      if (!measure(series, sizes)) return exit_failure;
  }
  const HostConstants stored = stored_constants();
  fmt::print(
      "| ranks | transport | size | algorithm | predicted, us | measured, us | predicted / measured |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const Series& series : all) print_series(series, sizes, stored, median_of(found));
  return exit_ok;
}

}  // namespace treering::perf
