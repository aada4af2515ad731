// Counts instructions of a piece of work, where the program runs under callgrind; elsewhere the work is merely done.
#pragma once

#include <valgrind/callgrind.h>

#include <cstdint>
#include <cstdio>

namespace treering::instructions {

/// Counts what this thread runs in `work`, and leaves the figure in a file of callgrind's that bears the name of the
/// scenario. Says on standard output what it stands for: "OPERATIONS <tab> SCENARIO". `work` must not wait for anybody.
template <class Work>
void count(const char* scenario, std::uint64_t operations, const Work& work) {
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_TOGGLE_COLLECT;
  work();
  CALLGRIND_TOGGLE_COLLECT;
  CALLGRIND_STOP_INSTRUMENTATION;
  CALLGRIND_DUMP_STATS_AT(scenario);
  std::printf("%llu\t%s\n", static_cast<unsigned long long>(operations), scenario);
}

}  // namespace treering::instructions
