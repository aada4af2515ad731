// What it costs one rank to make its schedule, for 2 to 100,000 ranks, and to choose among the algorithms by price.
// `step` is the time over the steps of the schedule.
#include <benchmark/benchmark.h>

#include <string>

#include "algorithms/catalogue.hpp"
#include "micro/per.hpp"
#include "planning/choose.hpp"

namespace {

using namespace treering;

constexpr Rank numbers_of_ranks[] = {2, 10, 100, 1000, 10'000, 100'000};

/// As a rank in the middle sees it, which is the root where there is one.
Shape shape_on(Rank ranks) {
  const auto count = static_cast<std::uint64_t>(ranks);  // an element a block
  Shape shape{.ranks = ranks, .rank = ranks / 3, .root = ranks / 3, .count = count};
  shape.sends.each = shape.recvs.each = 1;
  return shape;
}

void run_make(benchmark::State& state, const CatalogueRow& row) {
  const Shape shape = shape_on(static_cast<Rank>(state.range(0)));
  std::uint64_t steps = 0;
  for (auto _ : state) {
    const Schedule schedule = row.schedule(shape);
    steps = 0;
    for (const Lane& lane : schedule.lanes) steps += lane.steps.size();
    benchmark::DoNotOptimize(steps);
  }
  state.counters["steps"] = static_cast<double>(steps);
  state.counters["step"] = perf::per(steps);
}

void run_choose(benchmark::State& state, Collective collective) {
  const auto ranks = static_cast<Rank>(state.range(0));
  const Machine machine = shared_memory_machine(ranks, 64);
  const Shape shape = shape_on(ranks);
  for (auto _ : state) benchmark::DoNotOptimize(choose(collective, shape, sizeof(float), Order::commutative, machine));
}

/// Direct algorithms compare every word with every other: p * p. Rings are linear.
Rank most_ranks(const CatalogueRow& row) {
  return row.name.starts_with("direct") ? 1000 : 100'000;
}

std::string name_of_row(const CatalogueRow& row) {
  return "make/" + std::string(name_of(row.collective)) + " by " + std::string(row.name);
}

}  // namespace

int main(int arguments, char** values) {
  benchmark::Initialize(&arguments, values);
  for (const CatalogueRow& row : catalogue()) {
    auto* made = benchmark::RegisterBenchmark(name_of_row(row).c_str(),
                                              [&row](benchmark::State& state) { run_make(state, row); });
    for (const Rank ranks : numbers_of_ranks)
      if (ranks <= most_ranks(row)) made->Arg(ranks);
  }
  for (const Collective collective : {Collective::all_reduce, Collective::broadcast, Collective::reduce,
                                      Collective::reduce_scatter, Collective::all_gather, Collective::scan}) {
    auto* made = benchmark::RegisterBenchmark(("choose/" + std::string(name_of(collective))).c_str(),
                                              [collective](benchmark::State& state) { run_choose(state, collective); });
    for (const Rank ranks : numbers_of_ranks) made->Arg(ranks);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
