#include "execution/pace.hpp"

#include <unistd.h>

namespace treering {

std::uint64_t bytes_of_own_cache() {
  const long bytes = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? static_cast<std::uint64_t>(bytes) : Pace{}.cache_bytes;
}

}  // namespace treering
