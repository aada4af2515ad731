// What a program passes to all its ranks by its own means: where to meet, and the secret that proves who belongs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "startup/addresses.hpp"
#include "treering/result.hpp"
#include "treering/unique_id.hpp"

namespace treering {

using Secret = std::array<std::byte, 32>;

/// What a UniqueId says. Layout: magic (8 bytes), version (1), number of addresses (1), port (2, little-endian), secret
/// (32), addresses (each one byte, 4 or 6, then 4 or 16 bytes), zeros, and a check of all before it (4).
struct MeetingPlace {
  std::uint16_t port = 0;
  Secret secret{};
  std::vector<Address> addresses;  ///< where the port may be reached, in the order of preference; as many as fit
};

/// A fresh id, and a rendezvous for it in this process, which need not be a rank. Any thread. The rendezvous lasts
/// until all ranks have met, or this process ends.
Result<UniqueId> make_unique_id();

UniqueId encode(const MeetingPlace& place);

/// Refuses what no make_unique_id() wrote: another library's id, a truncated one, one from an incompatible version.
Result<MeetingPlace> decode(const UniqueId& id);

}  // namespace treering
