// How much the caches of this machine hold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace treering {

/// The cache that a core has to itself: the second level's size. 1 MiB where the system does not say.
std::uint64_t bytes_of_own_cache();

/// The last cache, which cores share: the third level's size, of those of the processors that this thread may run on
/// the smallest when this is first asked; 0 where the system does not say. What processors say of a level that they
/// share is at times more than a virtual machine has, and so is what the kernel says: of both, the smaller.
std::uint64_t bytes_of_last_cache();

/// The smallest third level of these processors, as a folder like /sys/devices/system/cpu says; 0: it says nothing.
std::uint64_t bytes_of_last_cache(const std::vector<int>& processors, const std::string& folder);

}  // namespace treering
