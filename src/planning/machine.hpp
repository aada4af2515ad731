// The constants by which prices turn messages and bytes into time.
#pragma once

#include <cstdint>

#include "options/constants.hpp"
#include "treering/types.hpp"

namespace treering {

/// The constants of the alpha-beta-gamma model for one kind of wire. Ranks share `cores` processor cores among them.
struct Machine {
  std::uint64_t alpha_ns = 0;     ///< from a send to the receive that waited for it
  std::uint64_t overhead_ns = 0;  ///< processor time of one message at either end
  std::uint64_t wake_ns = 0;      ///< to put another rank on a core, where there are more ranks than cores; else 0
  std::uint64_t beta_ps = 0;      ///< one byte into a wire, or out of it
  std::uint64_t gamma_ps = 0;     ///< reducing one byte of an operand
  Rank cores = 0;                 ///< that the ranks share; 0: each rank has a host of its own
  std::uint64_t far_ps = 0;       ///< beside that, one byte of a buffer that the last cache does not hold
  std::uint64_t cache_bytes = 0;  ///< of the last cache; 0: it holds all
  std::uint64_t port_ps = 0;      ///< one byte between a host and all others, either way; 0: no port holds it up
};

/// Ranks of one host that share memory.
Machine shared_memory_machine(Rank ranks, Rank cores, const HostConstants& constants = {});

/// Ranks of one host over its own TCP stack.
Machine loopback_tcp_machine(Rank ranks, Rank cores, const HostConstants& constants = {});

/// Between hosts of which nobody says what their network carries.
inline constexpr std::uint32_t assumed_mbits = 10'000;

/// Ranks of different hosts, on each of which so many share cores: as over a host's own TCP stack, and `mbits` Mbit/s
/// out of each host and as much into it. At least 1.
Machine network_tcp_machine(Rank ranks, Rank cores, const HostConstants& constants = {},
                            std::uint32_t mbits = assumed_mbits);

/// The same over RDMA, within a host and between hosts. What a message costs there is assumed: no constants of a host
/// say it.
Machine loopback_rdma_machine(Rank ranks, Rank cores, const HostConstants& constants = {});
Machine network_rdma_machine(Rank ranks, Rank cores, const HostConstants& constants = {},
                             std::uint32_t mbits = assumed_mbits);

/// What operations that touch so many bytes of buffers on a host take longer than if its last cache held them,
/// picoseconds; by whatever algorithm, since buffers are what it does not hold. `ranks` share the machine's cores.
std::uint64_t beyond_cache_ps(const Machine& machine, Rank ranks, std::uint64_t touched_bytes);

}  // namespace treering
