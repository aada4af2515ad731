// How fuzz targets fail: the fuzzer keeps the input of a process that aborts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "topology/json.hpp"
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

/// What was read from any format is written in ours, and read again as the same value.
inline void require_json_round_trip(const topology::Topology& topology) {
  const std::string written = topology::json_of(topology);
  const auto again = topology::topology_from_json(written, "written", limits);
  require(again && *again == topology && topology::json_of(*again) == written);
}

}  // namespace treering::fuzz
