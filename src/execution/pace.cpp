#include "execution/pace.hpp"

#include <unistd.h>

#include <algorithm>

namespace treering {

std::uint64_t bytes_of_own_cache() {
  const long bytes = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? static_cast<std::uint64_t>(bytes) : Pace{}.cache_bytes;
}

std::uint64_t bytes_of_last_cache() {
  return static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_LEVEL3_CACHE_SIZE)));
}

}  // namespace treering
