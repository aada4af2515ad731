// What a plan costs in time, by formula. All arithmetic is in integers, so that every rank decides alike.
#pragma once

#include <cstdint>

#include "algorithms/cost.hpp"
#include "planning/load.hpp"
#include "planning/machine.hpp"

namespace treering {

/// Picoseconds until the last rank is done; of ranks on one host, or each on a host of its own. The longer of two
/// times:
///   the critical path   steps messages one after another, and the busiest rank's volume and folding. Where the
///   algorithm
///                       streams, it is cut into as many messages as make this time shortest: in the two-tree
///                       broadcast, with s = 2(q-1) and V = beta n, m messages take (s + m)(alpha + V/m), shortest at m
///                       = sqrt(s V / alpha);
///   the cores' work     all ranks' messages, copies in and out, and folding, shared by min(ranks, cores) cores. On one
///                       host, nobody's time is free: an algorithm that keeps many ranks busy is not faster for it.
std::uint64_t price_ps(const Cost& cost, Rank ranks, std::uint64_t element_bytes, const Machine& machine);

/// The same of ranks on several hosts. The critical path is the longest chain of messages, and what the busiest rank
/// has to do for its bytes or the busiest port to carry, whichever takes longer; cores work as on one host, each host's
/// for its own ranks.
std::uint64_t price_ps(const Cost& cost, std::uint64_t element_bytes, const Load& load);

}  // namespace treering
