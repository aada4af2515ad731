#include "planning/machine.hpp"

namespace treering {

// Ranks that share a core find the lines of a message in no cache that is near: another rank has run meanwhile.
Machine shared_memory_machine(Rank ranks, Rank cores) {
  const bool shares_cores = ranks > cores;
  return {.alpha_ns = 300,
          .overhead_ns = shares_cores ? 150u : 50u,
          .wake_ns = shares_cores ? 1500u : 0u,
          .beta_ps = 100,
          .gamma_ps = 50,
          .cores = cores};
}

Machine loopback_tcp_machine(Rank ranks, Rank cores) {
  return {.alpha_ns = 8000,
          .overhead_ns = 2000,
          .wake_ns = ranks > cores ? 5000u : 0u,
          .beta_ps = 200,
          .gamma_ps = 50,
          .cores = cores};
}

Machine network_tcp_machine(Rank ranks, Rank cores) {
  Machine machine = loopback_tcp_machine(ranks, cores);
  machine.port_ps = 800;
  return machine;
}

}  // namespace treering
