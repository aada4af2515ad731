// What it costs to tie a schedule to wires that are open already: what a plan of a new shape pays beside its making.
// `step` is the time over the steps, `word` over the words of one rank's schedule.
#include <benchmark/benchmark.h>

#include <string>

#include "micro/per.hpp"
#include "support/lockstep.hpp"

namespace {

using namespace treering;
using perf::per;

struct Case {
  Collective collective;
  const char* algorithm;
  Rank ranks;
};

/// The peers need not be there: an end that is not connected is bound like any other.
void run_bind(benchmark::State& state, const Case& run) {
  static std::uint64_t communicator = 1'000'000;  // beside those of Lockstep
  test::LoopbackWires wires(++communicator, run.ranks / 3, run.ranks, test::Long::lent);
  const Shape shape{.ranks = run.ranks, .rank = run.ranks / 3, .count = static_cast<std::uint64_t>(run.ranks) * 4};
  const Schedule schedule = test::must(make(test::row_named(run.collective, run.algorithm), shape));
  test::must(bind(schedule, wires));  // opens them
  for (auto _ : state) benchmark::DoNotOptimize(bind(schedule, wires));
  std::uint64_t steps = 0, words = 0;
  for (const Lane& lane : schedule.lanes) {
    steps += lane.steps.size();
    words += lane.acts.size();
  }
  state.counters["step"] = per(steps);
  state.counters["word"] = per(words);
}

using enum Collective;
const Case cases[] = {
    {all_reduce, "direct", 2},
    {all_reduce, "direct", 64},
    {all_reduce, "direct", 1000},
    {all_reduce, "direct-halves", 64},
    {all_reduce, "direct-halves", 1000},
    {all_reduce, "recursive-doubling", 1000},
    {all_reduce, "recursive-doubling", 100'000},
    {all_reduce, "two-tree", 64},
    {all_reduce, "two-tree", 100'000},
    {all_reduce, "ring", 64},
    {all_reduce, "ring", 1000},
    {all_reduce, "ring", 100'000},
    {broadcast, "two-tree", 100'000},
    {scan, "two-tree", 100'000},
};

}  // namespace

int main(int arguments, char** values) {
  benchmark::Initialize(&arguments, values);
  for (const Case& run : cases) {
    const std::string name =
        std::string(name_of(run.collective)) + " by " + run.algorithm + "/" + std::to_string(run.ranks) + " ranks";
    benchmark::RegisterBenchmark(name.c_str(), [&run](benchmark::State& state) { run_bind(state, run); });
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
