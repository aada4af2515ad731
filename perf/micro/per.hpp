// A column of the table of a micro-benchmark: the time of an iteration over the parts that it has.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace treering::perf {

inline benchmark::Counter per(std::uint64_t parts) {
  return {static_cast<double>(parts), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
}

}  // namespace treering::perf
