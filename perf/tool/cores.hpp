// The processors that this process may run on, and which of them are threads of one core.
#pragma once

#include <string>
#include <vector>

namespace treering::perf {

/// Processors that this process may run on.
int cores_here();

/// Of these, those that have a core each: two threads of one core are no two cores.
int cores_apart_here();

/// Keeps this process to as many of them, one of each core before a second of any.
void keep_cores(int cores);

/// These, one of each core first, in ascending order; then a second of each that has one, and so on. `folder`: as
/// /sys/devices/system/cpu. Where it does not say which are threads of one core, all are cores.
struct Apart {
  std::vector<int> processors;
  int cores = 0;  ///< so many of the first are of cores of their own
};
Apart apart(const std::vector<int>& processors, const std::string& folder);

}  // namespace treering::perf
