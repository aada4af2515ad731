// What a plan costs in time on a machine, by formula. All arithmetic is in integers, so that every rank decides alike.
#pragma once

#include <cstdint>

#include "algorithms/cost.hpp"

namespace treering {

/// The constants of the alpha-beta-gamma model for one kind of wire. Ranks share `cores` processor cores among them.
struct Machine {
  std::uint64_t alpha_ns = 0;     ///< from a send to the receive that waited for it
  std::uint64_t overhead_ns = 0;  ///< processor time of one message at either end
  std::uint64_t wake_ns = 0;      ///< to put another rank on a core, where there are more ranks than cores; else 0
  std::uint64_t beta_ps = 0;      ///< one byte into a wire, or out of it
  std::uint64_t gamma_ps = 0;     ///< reducing one byte of an operand
  Rank cores = 0;                 ///< that the ranks share; 0: each rank has a host of its own
};

/// Ranks of one host that share memory: 0.3 us a message, 10 GB/s a core.
Machine shared_memory_machine(Rank ranks, Rank cores);

/// Ranks of one host over its own TCP stack: 8 us a message, 5 GB/s.
Machine loopback_tcp_machine(Rank ranks, Rank cores);

/// Picoseconds until the last rank is done. The longer of two times:
///   the critical path   steps messages one after another, and the busiest rank's volume and folding. Where the
///   algorithm
///                       streams, it is cut into as many messages as make this time shortest: in the two-tree
///                       broadcast, with s = 2(q-1) and V = beta n, m messages take (s + m)(alpha + V/m), shortest at m
///                       = sqrt(s V / alpha);
///   the cores' work     all ranks' messages, copies in and out, and folding, shared by min(ranks, cores) cores. On one
///                       host, nobody's time is free: an algorithm that keeps many ranks busy is not faster for it.
std::uint64_t price_ps(const Cost& cost, Rank ranks, std::uint64_t element_bytes, const Machine& machine);

}  // namespace treering
