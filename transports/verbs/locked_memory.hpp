// What is said where memory cannot be registered with a device, which takes that it is locked.
#pragma once

#include <cstdint>
#include <string>

namespace treering::verbs {

bool is_locked_memory_limited();

/// After a call that has set errno: "cannot lock 1024 KiB of memory (...) raise the limit ...".
std::string cannot_lock(std::uint64_t bytes);

}  // namespace treering::verbs
