// How fuzz targets fail: the fuzzer keeps the input of a process that aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "topology/topology.hpp"

namespace treering::fuzz {

/// Small, so that an input of a few bytes cannot ask for seconds of work.
inline constexpr topology::Limits limits{.nodes = 2000, .links = 20000, .attributes = 100000};

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace treering::fuzz
