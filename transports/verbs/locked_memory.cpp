#include "transports/verbs/locked_memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace treering::verbs {

bool is_locked_memory_limited() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

std::string cannot_lock(std::uint64_t bytes) {
  const char* const why = std::strerror(errno);
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  const std::string most =
      limit.rlim_cur == RLIM_INFINITY ? "no limit" : fmt::format("a limit of {} KiB", limit.rlim_cur >> 10);
  return fmt::format(
      "cannot lock {} KiB of memory ({}; there is {} on locked memory) raise it (ulimit -l unlimited, or "
      "memlock in /etc/security/limits.conf), or set TREERING_TRANSPORT=tcp",
      bytes >> 10, why, most);
}

}  // namespace treering::verbs
