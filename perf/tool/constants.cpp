#include "constants.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

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
  const double alpha = without_bytes(times.direct, beta + gamma);
  const double direct = without_bytes(times.crowded_direct, 12 * beta + 6 * gamma);
  const double ring = without_bytes(times.crowded_ring, 6 * beta + 1.5 * gamma);
  const double wake = std::clamp((ring - 2 * direct) / 8, 0.0, direct / 2);
  const double path = without_bytes(times.roomy_direct, 3 * beta + 3 * gamma) - alpha;
  const double work = without_bytes(times.roomy_direct, 6 * beta + 3 * gamma);
  const double share = static_cast<double>(usual.overhead_ns) / usual.alpha_ns;
  const double overhead = times.roomy_direct > 0 ? std::max(0.0, std::min(path / 2, work / 6)) : share * alpha;
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
  const double halves = halves_ps(times.halves_long, wire, bytes);
  const double direct = direct_ps(times.direct_long, wire, bytes);
  return halves > 0 ? std::clamp(2 * (direct / halves - 1), least, most) : least;
}

std::uint32_t beta_ps(double halves, std::uint32_t gamma_ps) {
  return whole(std::max(1.0, (halves - gamma_ps / 2.0) / 2), HostConstants::most_ps);
}

/// Two ranks touch four times as many bytes as the vector has, each on a core of its own.
std::uint32_t far_ps(const WireTimes& times, const WireConstants& wire, const HostTimes& host) {
  if (host.far_bytes == 0) return 0;
  const double touched = 4.0 * static_cast<double>(host.far_bytes), held = 1024.0 * host.cache_kib;
  const double longer_ps =
      halves_ps(times.halves_far, wire, host.far_bytes) - halves_ps(times.halves_long, wire, host.near_bytes);
  return whole(longer_ps * static_cast<double>(host.far_bytes) / ((touched - held) / 2), HostConstants::most_ps);
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
    wire.beta_ps = beta_ps(halves_ps(of_wire.halves_long, wire, times.near_bytes), found.gamma_ps);
    wire.far_ps = far_ps(of_wire, wire, times);
  };
  for (int pass = 0; pass < enough; ++pass) {
    const WireConstants& wire = found.shared_memory;
    found.gamma_ps = whole(gamma_share(times.shared_memory, wire, times.near_bytes) *
                               halves_ps(times.shared_memory.halves_long, wire, times.near_bytes),
                           HostConstants::most_ps);
    improve(found.shared_memory, times.shared_memory, usual.shared_memory);
    improve(found.tcp, times.tcp, usual.tcp);
  }
  return found;
}

HostConstants median_of(std::span<const HostConstants> rounds) {
  HostNumbers medians{};
  for (std::size_t k = 0; k < medians.size(); ++k) {
    std::vector<std::uint32_t> values;
    for (const HostConstants& round : rounds) values.push_back(numbers_of(round)[k]);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    medians[k] = *middle;
  }
  return constants_from(medians);
}

}  // namespace treering::perf
