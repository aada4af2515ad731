// How much data is moved at a time.
#pragma once

#include <cstdint>

namespace treering {

/// Bytes. Rounds are the same on all ranks of a communicator; the rest is this rank's own affair.
struct Pace {
  std::uint64_t slice_bytes = 128 << 10;  ///< at most so much is moved before the peers are told
  std::uint64_t round_bytes = 512 << 10;  ///< of a circulating lane: half the smallest window
  std::uint64_t cache_bytes = 1 << 20;    ///< operands and results that fit there together are never streamed
  std::uint64_t last_cache_bytes = 0;     ///< those that do not fit there are; between the two it is tried
};

}  // namespace treering
