// What a step costs: the programs of all ranks, run by one thread over loopback wires, so that no time is spent in
// waiting. `step` is the time of a collective on all ranks over the steps of all ranks.
#include <benchmark/benchmark.h>

#include <string>

#include "micro/per.hpp"
#include "support/lockstep.hpp"
#include "transports/wire.hpp"

namespace {

using namespace treering;
using perf::per;
using test::Lockstep;
using test::Long;

struct Case {
  Collective collective;
  const char* algorithm;
  Rank ranks;
  std::uint64_t bytes;
  Long messages = Long::lent;
};

void run_engines(benchmark::State& state, const Case& run) {
  Lockstep ranks(run.ranks, run.messages);
  test::Rehearsed collective(ranks, test::row_named(run.collective, run.algorithm), run.bytes);
  for (auto _ : state) collective.run();
  state.counters["step"] = per(collective.steps());
}

/// A lane of rank 0 that sends as many messages as a wire has lines, and a lane of rank 1 that stores them: LaneRun
/// alone, each step moved at the first try.
void run_lanes(benchmark::State& state) {
  constexpr std::uint32_t messages = lines_per_wire;
  const auto count = static_cast<std::uint64_t>(state.range(0)) / sizeof(float);
  Schedule sends{std::vector<Lane>(1)}, stores{std::vector<Lane>(1)};
  for (std::uint32_t k = 0; k < messages; ++k) {
    sends.lanes[0].step(count).own({Buffer::input, k * count}).send(1);
    stores.lanes[0].step(count).recv(0).store({Buffer::output, k * count});
  }
  Lockstep ranks(2);
  const Program sender = test::must(bind(sends, ranks.wires(0)));
  const Program receiver = test::must(bind(stores, ranks.wires(1)));
  std::vector<float> memory(messages * count);
  const Work work = test::work_on(memory, memory);
  Staging staging;
  LaneRun sending, receiving;
  sending.tie(sender.lanes[0], work, Pace(), staging);
  receiving.tie(receiver.lanes[0], work, Pace(), staging);
  for (auto _ : state) {
    sending.begin();
    receiving.begin();
    while (!receiving.moved_all()) {
      sending.progress();
      receiving.progress();
    }
  }
  state.counters["step"] = per(2 * messages);
}

using enum Collective;
const Case cases[] = {
    {all_reduce, "direct", 2, 8},     {all_reduce, "direct", 2, 1024},
    {all_gather, "direct", 2, 1024},  {all_gather, "direct", 2, 1024, Long::in_rings},
    {all_reduce, "direct", 8, 8},     {all_reduce, "recursive-doubling", 8, 8},
    {all_reduce, "two-tree", 8, 8},   {all_reduce, "ring", 8, 256},
    {all_reduce, "ring", 64, 2048},   {broadcast, "binomial", 8, 8},
    {broadcast, "two-tree", 8, 8},    {scan, "two-tree", 8, 8},
    {barrier, "dissemination", 8, 0},
};

std::string name_of_case(const Case& run) {
  return "engines/" + std::string(name_of(run.collective)) + " by " + run.algorithm + "/" + std::to_string(run.ranks) +
         " ranks/" + std::to_string(run.bytes) + " B" + (run.messages == Long::in_rings ? " in rings" : "");
}

}  // namespace

int main(int arguments, char** values) {
  benchmark::Initialize(&arguments, values);
  benchmark::RegisterBenchmark("lanes", run_lanes)->Arg(8)->Arg(56)->Arg(1024);
  for (const Case& run : cases) {
    benchmark::RegisterBenchmark(name_of_case(run).c_str(),
                                 [&run](benchmark::State& state) { run_engines(state, run); });
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
