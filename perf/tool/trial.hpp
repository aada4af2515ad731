// All-reduces in processes of their own, so that each trial has its own transport and algorithm.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sizes.hpp"

namespace treering::perf {

struct Trial {
  int ranks = 2;
  int cores = 2;  ///< that the ranks share: see keep_cores()
  std::string transport = "auto";
  std::string algorithm = "auto";
  std::vector<std::uint64_t> sizes_bytes;
};

/// Microseconds of a call on the slowest rank, medians, of all-reduces of float32, sum, of each size. Nothing if it
/// failed, which has been said. Call it before this process uses the library: its options are read once.
std::optional<std::vector<double>> times_us(const Trial& trial);

}  // namespace treering::perf
