#include "constants.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "communicator/placement.hpp"
#include "cores.hpp"
#include "execution/caches.hpp"
#include "options/option_values.hpp"
#include "planning/choose.hpp"
#include "statistics.hpp"
#include "trial.hpp"

namespace treering::perf {
namespace {

constexpr double ns_in_us = 1e3, ps_in_us = 1e6;

std::uint32_t whole(double value, std::uint32_t most) {
  return static_cast<std::uint32_t>(std::llround(std::clamp(value, 0.0, static_cast<double>(most))));
}
std::uint32_t ns_of(double us) {
  return whole(us * ns_in_us, HostConstants::most_ns);
}

/// Picoseconds a byte of an all-reduce of so many bytes, which has taken some messages beside.
double ps_a_byte(double us, double messages_us, std::uint64_t bytes) {
  return std::max(0.0, us - messages_us) * ps_in_us / static_cast<double>(bytes);
}

// What the prices (price.hpp) of an all-reduce of n bytes are, solved for what messages cost:
//   2 ranks, direct               alpha + n (beta + gamma)
//   4 ranks on 4 cores, direct    alpha + 2 overheads + n (3 beta + 3 gamma), or 6 overheads + n (6 beta + 3 gamma)
//   4 ranks on 2 cores, direct    12 overheads + 2 wakes + n (12 beta + 6 gamma)
//                       ring      24 overheads + 12 wakes + n (6 beta + 3/2 gamma)
// Where there are too few cores, an overhead is the share of alpha that it is by default.
WireConstants messages_of(const WireTimes& times, const WireConstants& usual, double beta, double gamma) {
  const auto without_bytes = [](double us, double ps) {
    return std::max(0.0, us - static_cast<double>(short_bytes) * ps / ps_in_us);
  };
  const double alpha = without_bytes(times.direct.median, beta + gamma);
  const double direct = without_bytes(times.crowded_direct.median, 12 * beta + 6 * gamma);
  const double ring = without_bytes(times.crowded_ring.median, 6 * beta + 1.5 * gamma);
  const double wake = std::clamp((ring - 2 * direct) / 8, 0.0, direct / 2);
  const double path = without_bytes(times.roomy_direct.median, 3 * beta + 3 * gamma) - alpha;
  const double work = without_bytes(times.roomy_direct.median, 6 * beta + 3 * gamma);
  const double share = static_cast<double>(usual.overhead_ns) / usual.alpha_ns;
  const double overhead = times.roomy_direct.median > 0 ? std::max(0.0, std::min(path / 2, work / 6)) : share * alpha;
  return {.alpha_ns = ns_of(alpha),
          .overhead_ns = ns_of(overhead),
          .shared_overhead_ns = ns_of((direct - 2 * wake) / 12),
          .wake_ns = ns_of(wake),
          .beta_ps = 0};
}

/// On 2 ranks with a core each, 2 overheads and n (2 beta + gamma) by direct, 4 overheads and n (2 beta + gamma/2) by
/// direct-halves.
double halves_ps(double us, const WireConstants& wire, std::uint64_t bytes) {
  return ps_a_byte(us, 4 * wire.overhead_ns / ns_in_us, bytes);
}
double direct_ps(double us, const WireConstants& wire, std::uint64_t bytes) {
  return ps_a_byte(us, 2 * wire.overhead_ns / ns_in_us, bytes);
}

/// Of what a byte takes by direct-halves, the part that is gamma, all of it if it is 2: by how much longer one takes by
/// direct. No copy is for nothing, and no operand is read for less than a fifth of all, however much times were off.
double gamma_share(const WireTimes& times, const WireConstants& wire, std::uint64_t bytes) {
  constexpr double least = 0.2, most = 1;
  const double halves = halves_ps(times.halves_long.fastest, wire, bytes);
  const double direct = direct_ps(times.direct_long.fastest, wire, bytes);
  return halves > 0 ? std::clamp(2 * (direct / halves - 1), least, most) : least;
}

std::uint32_t beta_ps(double halves, std::uint32_t gamma_ps) {
  return whole(std::max(1.0, (halves - gamma_ps / 2.0) / 2), HostConstants::most_ps);
}

std::uint32_t far_percent(const WireTimes& times, const WireConstants& wire, const HostTimes& host) {
  const double near_ps = halves_ps(times.halves_long.fastest, wire, host.near_bytes);
  if (host.far_bytes == 0 || near_ps <= 0) return 100;
  // Two ranks touch four times as many bytes as the vector has; prices (at_bytes) take the rest for near.
  const double near_share = 1024.0 * host.cache_kib / (4.0 * static_cast<double>(host.far_bytes));
  const double far_ps = halves_ps(times.halves_far.fastest, wire, host.far_bytes);
  const double percent = 100 + 100 * (far_ps / near_ps - 1) / (1 - near_share);
  return std::max<std::uint32_t>(100, whole(percent, HostConstants::most_percent));
}

/// Medians and fastest of some rounds, since machines change their mood within seconds.
class Rounds {
 public:
  /// Times the sizes of a trial; where they go must live until run() returns.
  void add(Trial trial, std::vector<Timing*> into) { wanted_.push_back({std::move(trial), std::move(into), {}}); }

  /// False: one failed.
  bool run(int rounds) {
    for (int round = 0; round < rounds; ++round)
      for (Wanted& one : wanted_) {
        auto times = times_us(one.trial);
        if (!times) return false;
        one.times.push_back(*std::move(times));
      }
    for (const Wanted& one : wanted_)
      for (std::size_t size = 0; size < one.into.size(); ++size) *one.into[size] = over_rounds(one.times, size);
    return true;
  }

 private:
  using Times = std::vector<std::vector<Timing>>;  // of each round
  struct Wanted {
    Trial trial;
    std::vector<Timing*> into;
    Times times;
  };

  static Timing over_rounds(const Times& rounds, std::size_t size) {
    std::vector<double> medians, fastest;
    for (const auto& times : rounds) {
      medians.push_back(times[size].median);
      fastest.push_back(times[size].fastest);
    }
    return {statistics_of(std::move(medians)).p50, statistics_of(std::move(fastest)).min};
  }

  std::vector<Wanted> wanted_;
};

void want_wire(Rounds& rounds, const std::string& transport, const HostTimes& host, WireTimes& times) {
  rounds.add({2, 2, transport, "direct", {short_bytes, host.near_bytes}}, {&times.direct, &times.direct_long});
  rounds.add({2, 2, transport, "direct-halves", {host.near_bytes}}, {&times.halves_long});
  if (host.far_bytes > 0) rounds.add({2, 2, transport, "direct-halves", {host.far_bytes}}, {&times.halves_far});
  rounds.add({4, 2, transport, "direct", {short_bytes}}, {&times.crowded_direct});
  rounds.add({4, 2, transport, "ring", {short_bytes}}, {&times.crowded_ring});
  if (cores_apart_here() >= 4) rounds.add({4, 4, transport, "direct", {short_bytes}}, {&times.roomy_direct});
}

std::optional<HostTimes> time_host() {
  constexpr std::uint64_t most_near = 1 << 20, least_near = 64 << 10, most_far = std::uint64_t{128} << 20;
  HostTimes times;
  times.cache_kib = whole(static_cast<double>(bytes_of_last_cache() >> 10), HostConstants::most_kib);
  const std::uint64_t cache_bytes = std::uint64_t{times.cache_kib} << 10;
  times.near_bytes = std::clamp(cache_bytes / 32, least_near, most_near);
  if (cache_bytes > 0 && cache_bytes <= most_far) times.far_bytes = cache_bytes;
  Rounds rounds;
  want_wire(rounds, "shm", times, times.shared_memory);
  want_wire(rounds, "tcp", times, times.tcp);
  constexpr int enough = 5;
  if (!rounds.run(enough)) return std::nullopt;
  return times;
}

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

struct Series {
  int ranks;
  std::string transport;
  std::vector<Timing> measured_us;
};

void print_series(const Series& series, const std::vector<std::uint64_t>& sizes, const HostConstants& constants) {
  constexpr double tolerance = 0.3;
  const Prices prices = prices_here(series.ranks, series.transport, constants);
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const Shape shape{.ranks = series.ranks, .count = sizes[k] / sizeof(float)};
    const auto offer = choose(Collective::all_reduce, shape, sizeof(float), Order::commutative, prices);
    if (!offer) continue;
    const double predicted_us = static_cast<double>(offer->price_ps) / ps_in_us,
                 measured_us = series.measured_us[k].median;
    const double ratio = predicted_us / measured_us;
    fmt::print("| {} | {} | {} | {} | {:.1f} | {:.1f} | {:.2f}{} |\n", series.ranks, series.transport,
               size_text(sizes[k]), offer->row->name, predicted_us, measured_us, ratio,
               std::abs(ratio - 1) > tolerance ? " !" : "");
  }
}

}  // namespace

/// Short messages have some bytes, and long ones some messages: each part is found with what is known of the other.
HostConstants constants_of(const HostTimes& times) {
  constexpr int enough = 4;
  const HostConstants usual;
  HostConstants found = usual;
  found.cache_kib = times.cache_kib;
  const auto improve = [&](WireConstants& wire, const WireTimes& of_wire, const WireConstants& usual_wire) {
    const std::uint32_t beta = wire.beta_ps;
    wire = messages_of(of_wire, usual_wire, beta, found.gamma_ps);
    wire.beta_ps = beta_ps(halves_ps(of_wire.halves_long.median, wire, times.near_bytes), found.gamma_ps);
    wire.far_percent = far_percent(of_wire, wire, times);
  };
  for (int pass = 0; pass < enough; ++pass) {
    const WireConstants& wire = found.shared_memory;
    found.gamma_ps = whole(gamma_share(times.shared_memory, wire, times.near_bytes) *
                               halves_ps(times.shared_memory.halves_long.median, wire, times.near_bytes),
                           HostConstants::most_ps);
    improve(found.shared_memory, times.shared_memory, usual.shared_memory);
    improve(found.tcp, times.tcp, usual.tcp);
  }
  return found;
}

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
  const auto times = time_host();
  if (!times) return exit_failure;
  const HostConstants constants = constants_of(*times);
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
    for (const char* transport : {"shm", "tcp"}) all.push_back({ranks, transport, std::vector<Timing>(sizes.size())});
  Rounds rounds;
  for (Series& series : all) {
    std::vector<Timing*> into;
    for (Timing& one : series.measured_us) into.push_back(&one);
    rounds.add({series.ranks, cores_here(), series.transport, "auto", sizes}, std::move(into));
  }
  constexpr int enough = 3;
  if (!rounds.run(enough)) return exit_failure;
  const HostConstants constants = stored_constants();
  fmt::print(
      "| ranks | transport | size | algorithm | predicted, us | measured, us | predicted / measured |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const Series& series : all) print_series(series, sizes, constants);
  return exit_ok;
}

}  // namespace treering::perf
