#include "planning/machine.hpp"

#include <algorithm>

#include "planning/bounded.hpp"

namespace treering {
namespace {

// Ranks that share a core find the lines of a message in no cache that is near: another rank has run meanwhile.
Machine machine_of(const WireConstants& wire, Rank ranks, Rank cores, const HostConstants& constants) {
  const bool shares_cores = ranks > cores;
  return {.alpha_ns = wire.alpha_ns,
          .overhead_ns = shares_cores ? wire.shared_overhead_ns : wire.overhead_ns,
          .wake_ns = shares_cores ? wire.wake_ns : 0,
          .beta_ps = wire.beta_ps,
          .gamma_ps = constants.gamma_ps,
          .cores = cores,
          .far_ps = wire.far_ps,
          .cache_bytes = std::uint64_t{constants.cache_kib} << 10};
}

/// A few microseconds a message, as vendors and benchmarks of InfiniBand and RoCE have it, and a copy at either end.
constexpr WireConstants rdma_wire = {2000, 300, 600, 5000, 100, 0};

Machine with_port(Machine machine, std::uint32_t mbits) {
  constexpr std::uint64_t ps_at_1_mbits = 8'000'000;                    // a byte
  machine.port_ps = std::max<std::uint64_t>(1, ps_at_1_mbits / mbits);  // 0 would be no port at all
  return machine;
}

}  // namespace

Machine shared_memory_machine(Rank ranks, Rank cores, const HostConstants& constants) {
  return machine_of(constants.shared_memory, ranks, cores, constants);
}

Machine loopback_tcp_machine(Rank ranks, Rank cores, const HostConstants& constants) {
  return machine_of(constants.tcp, ranks, cores, constants);
}

Machine network_tcp_machine(Rank ranks, Rank cores, const HostConstants& constants, std::uint32_t mbits) {
  return with_port(loopback_tcp_machine(ranks, cores, constants), mbits);
}

Machine loopback_rdma_machine(Rank ranks, Rank cores, const HostConstants& constants) {
  return machine_of(rdma_wire, ranks, cores, constants);
}

Machine network_rdma_machine(Rank ranks, Rank cores, const HostConstants& constants, std::uint32_t mbits) {
  return with_port(loopback_rdma_machine(ranks, cores, constants), mbits);
}

std::uint64_t beyond_cache_ps(const Machine& machine, Rank ranks, std::uint64_t touched_bytes) {
  if (machine.cache_bytes == 0 || touched_bytes <= machine.cache_bytes) return 0;
  const auto busy = static_cast<std::uint64_t>(std::max<Rank>(1, std::min(ranks, machine.cores)));
  return bounded(Wide{touched_bytes - machine.cache_bytes} * machine.far_ps / busy);
}

}  // namespace treering
