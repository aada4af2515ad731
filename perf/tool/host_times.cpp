#include "host_times.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "cores.hpp"
#include "execution/caches.hpp"
#include "trial.hpp"

namespace treering::perf {
namespace {

/// False: a trial failed.
bool time_wire(const std::string& transport, const HostTimes& host, WireTimes& times) {
  const auto timed = [&](int ranks, int cores, const char* algorithm, std::vector<std::uint64_t> sizes,
                         std::vector<double*> into) {
    const auto found = times_us({ranks, cores, transport, algorithm, std::move(sizes)});
    for (std::size_t k = 0; found && k < into.size(); ++k) *into[k] = (*found)[k];
    return found.has_value();
  };
  return timed(2, 2, "direct", {short_bytes, host.near_bytes}, {&times.direct, &times.direct_long}) &&
         timed(2, 2, "direct-halves", {host.near_bytes}, {&times.halves_long}) &&
         (host.far_bytes == 0 || timed(2, 2, "direct-halves", {host.far_bytes}, {&times.halves_far})) &&
         timed(4, 2, "direct", {short_bytes}, {&times.crowded_direct}) &&
         timed(4, 2, "ring", {short_bytes}, {&times.crowded_ring}) &&
         (cores_apart_here() < 4 || timed(4, 4, "direct", {short_bytes}, {&times.roomy_direct}));
}

}  // namespace

std::optional<HostTimes> time_host() {
  constexpr std::uint64_t most_near = 1 << 20, least_near = 64 << 10, most_far = std::uint64_t{128} << 20;
  const std::uint64_t cache_kib = std::min<std::uint64_t>(bytes_of_last_cache() >> 10, HostConstants::most_kib);
  const std::uint64_t cache_bytes = cache_kib << 10;
  HostTimes times;
  times.cache_kib = static_cast<std::uint32_t>(cache_kib);
  times.near_bytes = std::clamp(cache_bytes / 32, least_near, most_near);
  if (cache_bytes > 0 && cache_bytes <= most_far) times.far_bytes = cache_bytes;
  if (!time_wire("shm", times, times.shared_memory) || !time_wire("tcp", times, times.tcp)) return std::nullopt;
  return times;
}

}  // namespace treering::perf
