// What it costs to simulate collectives on up to 100,000 hosts: making all schedules, matching them, finding the routes
// and running them. `slice` is the time over the slices that were sent.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <numeric>
#include <string>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "micro/per.hpp"
#include "simulation/simulate.hpp"
#include "topology/description.hpp"

namespace {

using namespace treering;

std::vector<Schedule> schedules_of(const CatalogueRow& row, Rank ranks, std::uint64_t count) {
  std::vector<Schedule> schedules;
  for (Rank rank = 0; rank < ranks; ++rank)
    schedules.push_back(row.schedule({.ranks = ranks, .rank = rank, .count = count}));
  return schedules;
}

void run_simulate(benchmark::State& state, const char* network, const CatalogueRow* row) {
  const auto ranks = static_cast<Rank>(state.range(0));
  const auto bytes = static_cast<std::uint64_t>(state.range(1));
  std::string text = network;
  text.replace(text.find("N "), 1, std::to_string(ranks));
  const auto topology = topology::described_topology(text);
  if (!topology) return state.SkipWithError(topology.error().message.c_str());
  std::vector<topology::NodeIndex> hosts;
  for (topology::NodeIndex i = 0; i < topology->nodes().size(); ++i)
    if (topology->node(i).kind == topology::NodeKind::host) hosts.push_back(i);
  std::uint64_t slices = 0;
  for (auto _ : state) {
    Network placed(*topology, hosts);
    const auto schedules = schedules_of(*row, ranks, bytes / sizeof(float));
    const auto outcome = simulate(schedules, placed, {}, sizeof(float));
    if (!outcome) return state.SkipWithError(outcome.error().message.c_str());
    slices = outcome->slices;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["slices"] = static_cast<double>(slices);
  state.counters["slice"] = perf::per(slices);
  state.counters["peak_MB"] = static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;  // of the process so far
}

}  // namespace

int main(int arguments, char** values) {
  benchmark::Initialize(&arguments, values);
  constexpr std::pair<const char*, const char*> networks[] = {
      {"flat", "N hosts 25GB/s 2us"},
      {"fat-tree", "fat-tree N hosts 25GB/s 0.5us, 3 levels, leaves of 32"},
  };
  for (const auto& [name, network] : networks)
    for (const auto& [collective, algorithm] :
         {std::pair{Collective::broadcast, "binomial"}, std::pair{Collective::all_reduce, "recursive-doubling"},
          std::pair{Collective::broadcast, "two-tree"}, std::pair{Collective::all_reduce, "two-tree"}}) {
      const CatalogueRow* row = *find_row(collective, algorithm);
      auto* made =
          benchmark::RegisterBenchmark((std::string(name_of(collective)) + " by " + algorithm + "/" + name).c_str(),
                                       [network, row](benchmark::State& state) { run_simulate(state, network, row); });
      made->Unit(benchmark::kMillisecond);
      for (const Rank ranks : {1000, 10'000, 100'000})
        for (const int bytes : {1024, 1 << 20}) made->Args({ranks, bytes});
    }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
