#include "planning/price.hpp"

#include <algorithm>

namespace treering {
namespace {

constexpr std::uint64_t ps_in_ns = 1000;

/// The largest r with r * r <= n.
std::uint64_t square_root(std::uint64_t n) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit > 0; bit /= 2)
    if ((root + bit) * (root + bit) <= n) root += bit;
  return root;
}

/// The time of the critical path if the busiest rank's volume travels in `messages` messages.
std::uint64_t path_ps(const Cost& cost, std::uint64_t messages, std::uint64_t bytes_ps, const Machine& machine) {
  const std::uint64_t startup = cost.steps > cost.messages ? cost.steps - cost.messages : 0;
  // Messages that wait for nothing go out one after another, at the price of posting them.
  const std::uint64_t steps = cost.streams ? startup + messages : cost.steps;
  const std::uint64_t posted = messages > steps ? messages - steps : 0;
  const std::uint64_t fill_ps = cost.streams ? startup * (bytes_ps / messages) : 0;
  return (steps * (machine.alpha_ns + machine.wake_ns) + posted * machine.overhead_ns) * ps_in_ns + bytes_ps + fill_ps;
}

/// The time that the cores need for what all ranks do; nothing to add to the path where each rank has a host of its
/// own.
std::uint64_t work_ps(const Cost& cost, std::uint64_t messages, Rank ranks, std::uint64_t element_bytes,
                      const Machine& machine) {
  if (machine.cores == 0) return 0;
  const std::uint64_t all_messages = cost.all_messages * messages / cost.messages;
  const std::uint64_t wakes = std::min(all_messages, cost.steps * static_cast<std::uint64_t>(ranks));
  const std::uint64_t work =
      (2 * all_messages * machine.overhead_ns + wakes * machine.wake_ns) * ps_in_ns +
      (2 * cost.all_volume * machine.beta_ps + cost.all_folded * machine.gamma_ps) * element_bytes;
  return work / static_cast<std::uint64_t>(std::min(ranks, machine.cores));
}

}  // namespace

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

std::uint64_t price_ps(const Cost& cost, Rank ranks, std::uint64_t element_bytes, const Machine& machine) {
  if (cost.messages == 0) return 0;
  const std::uint64_t bytes_ps = (cost.volume * machine.beta_ps + cost.folded * machine.gamma_ps) * element_bytes;
  const auto total_ps = [&](std::uint64_t messages) {
    return std::max(path_ps(cost, messages, bytes_ps, machine), work_ps(cost, messages, ranks, element_bytes, machine));
  };
  if (!cost.streams) return total_ps(cost.messages);
  const std::uint64_t message_ps = std::max<std::uint64_t>(1, (machine.alpha_ns + machine.wake_ns) * ps_in_ns);
  const std::uint64_t startup = cost.steps > cost.messages ? cost.steps - cost.messages : 0;
  const std::uint64_t best = std::max(cost.messages, square_root(startup * (bytes_ps / message_ps)));
  return std::min(total_ps(cost.messages), total_ps(best));
}

}  // namespace treering
