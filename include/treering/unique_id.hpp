// What a program passes to all its ranks by its own means: where to meet, and the secret that proves who belongs.
#pragma once

#include <array>
#include <cstddef>

namespace treering {

/// 128 bytes, as ncclUniqueId: opaque to users. The secret in it is worth protecting.
struct UniqueId {
  std::array<std::byte, 128> bytes{};
};

}  // namespace treering
