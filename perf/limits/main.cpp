// What this machine can do, to compare libraries with:
//   limits flag                                      nanoseconds that a cache line takes from core to core, one way
//   limits parts                                     GB/s of what such work is made of, each part by itself
//   limits shm|streaming|tcp RANKS ARGUMENTS of measure.hpp   microseconds of a collective by the least work it needs:
//     on shared buffers with ordinary or with non-temporal stores, over a loopback connection
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "crew.hpp"
#include "memory_limit.hpp"
#include "parts.hpp"
#include "tcp_limit.hpp"

namespace {

using namespace limits;

/// The median of some tens of milliseconds.
int flag(Worker& worker) {
  using Clock = std::chrono::steady_clock;
  constexpr std::uint64_t rounds = 1000;
  std::vector<double> ns(101);
  worker.ping_pong(rounds);
  for (double& one_way : ns) {
    const auto begin = Clock::now();
    worker.ping_pong(rounds);
    one_way = std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / (2 * rounds);
  }
  std::nth_element(ns.begin(), ns.begin() + 50, ns.end());
  if (worker.index() == 0) std::printf("%.1f\n", ns[50]);
  return 0;
}

int usage() {
  std::fprintf(stderr,
               "usage: limits flag | limits parts | limits shm|streaming|tcp RANKS COLLECTIVE FIRST LAST FACTOR "
               "SAMPLES WARMUP\n");
  return 2;
}

/// Memory for all buffers of all ranks, each on pages of its own.
std::size_t buffer_bytes(const char* last) {
  constexpr std::size_t page = 4096;
  return (std::strtoull(last, nullptr, 10) / page + 1) * page;
}

int memory_limit(int ranks, Stores stores, int argc, char** argv) {
  const std::size_t bytes = buffer_bytes(argv[3]);
  auto* memory = static_cast<float*>(shared_memory(2 * static_cast<std::size_t>(ranks) * bytes));
  return with_two([&](Worker& worker) {
    MemoryLimit limit(worker, ranks, memory, bytes, stores);
    return peers::run(limit, argc, argv);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "flag") return with_two(flag);
  if (what == "parts") {
    auto* const shared = static_cast<float*>(shared_memory(parts_bytes));
    return with_two([&](Worker& worker) { return parts(worker, shared); });
  }
  const int ranks = argc == 9 ? std::atoi(argv[2]) : 0;
  if (ranks < 2) return usage();
  if (what == "shm") return memory_limit(ranks, Stores::cached, argc - 2, argv + 2);
  if (what == "streaming") return memory_limit(ranks, Stores::streaming, argc - 2, argv + 2);
  if (what != "tcp") return usage();
  return with_two([&](Worker& worker) {
    TcpLimit limit(worker, ranks);
    return peers::run(limit, argc - 2, argv + 2);
  });
}
