// The longest chain of messages, each of which waits for the one before: what an operation takes where nothing is sent
// but the messages themselves.
#pragma once

#include <cstdint>
#include <functional>

#include "schedule/wiring.hpp"
#include "treering/result.hpp"

namespace treering {

/// Of a message from one rank to another.
struct Delay {
  std::uint64_t alpha_ns = 0;     ///< from the send to the receive that waited for it
  std::uint64_t overhead_ns = 0;  ///< after which the sender may send the next of the same sentence
};

/// Nanoseconds until the last rank is done, each step done as a whole when all that it waits for is. Fails where nobody
/// can move.
Result<std::uint64_t> longest_chain_ns(const Wiring& wiring,
                                       const std::function<Delay(Rank from, Rank to)>& delay_between);

}  // namespace treering
