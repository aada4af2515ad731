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

/// So many ranks on each host, a core each.
Cluster cluster_of(Rank ranks, Rank ranks_each) {
  Cluster cluster{.within = shared_memory_machine(ranks_each, ranks_each),
                  .between = network_tcp_machine(ranks_each, ranks_each)};
  for (Rank rank = 0; rank < ranks; ++rank) {
    if (rank % ranks_each == 0) cluster.hosts.push_back({0, ranks_each});
    ++cluster.hosts.back().ranks;
    cluster.host_of.push_back(static_cast<std::uint32_t>(cluster.hosts.size() - 1));
  }
  return cluster;
}

/// What the first call of a collective pays on several hosts: what its algorithms ask of them is counted.
void run_first_choice(benchmark::State& state, Collective collective) {
  const auto ranks = static_cast<Rank>(state.range(0));
  const Cluster cluster = cluster_of(ranks, static_cast<Rank>(state.range(1)));
  const Shape shape = shape_on(ranks);
  for (auto _ : state) {
    state.PauseTiming();
    const Prices prices(cluster, {});
    state.ResumeTiming();
    benchmark::DoNotOptimize(choose(collective, shape, sizeof(float), Order::commutative, prices));
  }
}

/// And the first with each other root.
void run_other_root(benchmark::State& state, Collective collective) {
  const auto ranks = static_cast<Rank>(state.range(0));
  const Prices prices(cluster_of(ranks, static_cast<Rank>(state.range(1))), {});
  Shape shape = shape_on(ranks);
  // As many as make each rank the root in turn.
  for (auto _ : state) {
    shape.root = mod(std::int64_t{shape.root} + 7919, ranks);
    benchmark::DoNotOptimize(choose(collective, shape, sizeof(float), Order::commutative, prices));
  }
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
  using Run = void (*)(benchmark::State&, Collective);
  const auto on_hosts = [](const char* what, Run run, Collective collective) {
    auto* made = benchmark::RegisterBenchmark((what + std::string(name_of(collective))).c_str(),
                                              [=](benchmark::State& state) { run(state, collective); });
    for (const Rank ranks : {64, 1024, 10'000, 16'000, 100'000}) made->Args({ranks, 16});
    made->Args({16'000, 128})->Unit(benchmark::kMicrosecond);
  };
  for (const Collective collective : {Collective::all_reduce, Collective::broadcast, Collective::reduce,
                                      Collective::reduce_scatter, Collective::all_gather, Collective::scan})
    on_hosts("first choice/", run_first_choice, collective);
  for (const Collective collective : {Collective::broadcast, Collective::reduce})
    on_hosts("other root/", run_other_root, collective);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
