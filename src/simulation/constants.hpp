// What the simulator takes for given besides schedules and links.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "topology/link.hpp"

namespace treering {

/// Times are in picoseconds, rates in MB/s (10^6 bytes a second). All integers, so that the result is the same on every
/// machine.
struct Constants {
  std::uint64_t slice_bytes = 64 << 10;    ///< longer messages are cut into slices that follow one another
  std::uint32_t window = 8;                ///< slices that a wire holds; of lanes that circulate two at least
  std::uint64_t send_overhead_ps = 0;      ///< of a rank's processor, for each slice that it sends
  std::uint64_t recv_overhead_ps = 0;      ///< the same for each slice that it receives
  std::uint64_t reduction_mb_per_s = 0;    ///< of the operand that is multiplied to another; 0: takes no time
  std::uint64_t memory_copy_mb_per_s = 0;  ///< for each `store`; 0: takes no time
};

/// Picoseconds of a link of which nobody says the latency, by topology::LinkType. Round figures: two links of a kind
/// are about what NCCL's tuning model has for a hop between devices in its LL protocol, 0.6 us over NVLink and 1 us
/// over PCIe (`hwLat` in src/graph/tuning.cc); memory has a tenth of a microsecond, a network half of one. Whoever uses
/// them says so (Network::assumed_latencies()).
struct AssumedLatencies {
  std::array<std::uint64_t, topology::link_types> ps = {
      500'000,  // pcie
      300'000,  // nvlink
      300'000,  // xgmi
      300'000,  // c2c
      100'000,  // memory
      500'000,  // infiniband
      500'000,  // ethernet
      500'000,  // network
      500'000,  // other
  };
};

/// More than 213 days do not fit into 64 bits. What comes to this stays there, and is no time.
inline constexpr std::uint64_t endless_ps = std::numeric_limits<std::uint64_t>::max();

constexpr std::uint64_t later(std::uint64_t time_ps, std::uint64_t by_ps) {
  const std::uint64_t sum = time_ps + by_ps;
  return sum < time_ps ? endless_ps : sum;
}

/// Of times, and of bytes.
constexpr std::uint64_t times(std::uint64_t each, std::uint64_t count) {
  return each != 0 && count > endless_ps / each ? endless_ps : each * count;
}

/// Picoseconds that bytes take at a rate, rounded up; none at the rate 0.
constexpr std::uint64_t time_ps(std::uint64_t bytes, std::uint64_t mb_per_s) {
  __extension__ using Product = unsigned __int128;
  constexpr std::uint64_t ps_by_rate = 1'000'000;
  if (mb_per_s == 0) return 0;
  constexpr std::uint64_t few = std::uint64_t{1} << 43;  // nearly always; wide divisions are slow
  if (bytes <= few && mb_per_s <= few) return (bytes * ps_by_rate + mb_per_s - 1) / mb_per_s;
  const Product time = (Product{bytes} * ps_by_rate + mb_per_s - 1) / mb_per_s;
  return time < endless_ps ? static_cast<std::uint64_t>(time) : endless_ps;
}

}  // namespace treering
