// What it costs to bound a collective on a cluster: hosts of eight GPUs and NICs, PCIe switches, NVSwitch, leaf and
// spine switches.
#include <benchmark/benchmark.h>

#include <string>

#include "planning/bound.hpp"
#include "support/sample_graphs.hpp"

namespace {

using namespace treering;

void run_bound(benchmark::State& state, Collective collective, const FlowGraph& graph) {
  for (auto _ : state) benchmark::DoNotOptimize(throughput_bound(collective, graph));
  state.counters["ranks"] = static_cast<double>(ranks_of(graph).size());
  state.counters["nodes"] = static_cast<double>(graph.nodes.size());
  state.counters["links"] = static_cast<double>(graph.edges.size());
}

void register_on(const std::string& name, const FlowGraph& graph) {
  for (const Collective collective : {Collective::all_gather, Collective::reduce_scatter, Collective::broadcast,
                                      Collective::reduce, Collective::all_reduce})
    benchmark::RegisterBenchmark((name + "/" + std::string(name_of(collective))).c_str(), [collective, graph](
                                                                                              benchmark::State& state) {
      run_bound(state, collective, graph);
    })->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int arguments, char** values) {
  benchmark::Initialize(&arguments, values);
  for (const int hosts : {1, 2, 16, 32, 128})
    register_on(std::to_string(hosts) + "_hosts", test::rail_cluster_graph(hosts, 450'000, 64'000, 50'000));
  FlowGraph slow_nic = test::rail_cluster_graph(16, 450'000, 64'000, 50'000);
  for (FlowEdge& edge : slow_nic.edges)
    for (const NodeIndex end : {edge.from, edge.to})
      if (slow_nic.nodes[end].kind == "NIC" && slow_nic.nodes[end].group == "host 11") edge.capacity = 12'500;
  register_on("16_hosts_one_slow", slow_nic);
  register_on("torus_4x4x8", test::torus_graph({4, 4, 8}, 50'000));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
