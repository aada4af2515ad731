#include "planning/price.hpp"

#include <algorithm>

#include "planning/bounded.hpp"

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

/// Steps before the last message sets out.
std::uint64_t startup(const Cost& cost) {
  return cost.steps > cost.messages ? cost.steps - cost.messages : 0;
}

/// What the operation takes in the best number of messages. Another than the algorithm's own makes a difference only
/// where it streams; `message_ns` is the price of one.
template <class Total>
std::uint64_t least_ps(const Cost& cost, std::uint64_t bytes_ps, std::uint64_t message_ns, const Total& total_ps) {
  if (!cost.streams) return bounded(total_ps(cost.messages));
  const std::uint64_t message_ps = std::max<std::uint64_t>(1, message_ns * ps_in_ns);
  const std::uint64_t best =
      std::max(cost.messages, square_root(bounded(Wide{startup(cost)} * (bytes_ps / message_ps))));
  return bounded(std::min(total_ps(cost.messages), total_ps(best)));
}

/// Until the first message is at the end of the pipeline.
Wide fill_ps(const Cost& cost, std::uint64_t messages, std::uint64_t bytes_ps) {
  return cost.streams ? Wide{startup(cost)} * (bytes_ps / messages) : 0;
}

/// The time of the critical path if the busiest rank's volume travels in `messages` messages.
Wide path_ps(const Cost& cost, std::uint64_t messages, std::uint64_t bytes_ps, const Machine& machine) {
  // Messages that wait for nothing go out one after another, at the price of posting them.
  const std::uint64_t steps = cost.streams ? startup(cost) + messages : cost.steps;
  const std::uint64_t posted = messages > steps ? messages - steps : 0;
  return (Wide{steps} * (machine.alpha_ns + machine.wake_ns) + Wide{posted} * machine.overhead_ns) * ps_in_ns +
         bytes_ps + fill_ps(cost, messages, bytes_ps);
}

/// The time that the cores need for what all ranks do; nothing to add to the path where each rank has a host of its
/// own.
Wide work_ps(const Cost& cost, std::uint64_t messages, Rank ranks, std::uint64_t element_bytes,
             const Machine& machine) {
  if (machine.cores == 0) return 0;
  const Wide all_messages = Wide{cost.all_messages} * messages / cost.messages;
  const Wide wakes = std::min(all_messages, Wide{cost.steps} * static_cast<std::uint64_t>(ranks));
  const Wide work = (2 * all_messages * machine.overhead_ns + wakes * machine.wake_ns) * ps_in_ns +
                    (2 * cost.all_volume * machine.beta_ps + cost.all_folded * machine.gamma_ps) * element_bytes;
  return work / static_cast<std::uint64_t>(std::min(ranks, machine.cores));
}

}  // namespace

std::uint64_t price_ps(const Cost& cost, Rank ranks, std::uint64_t element_bytes, const Machine& machine) {
  if (cost.messages == 0) return 0;
  const std::uint64_t bytes_ps =
      bounded((Wide{cost.volume} * machine.beta_ps + Wide{cost.folded} * machine.gamma_ps) * element_bytes);
  return least_ps(cost, bytes_ps, machine.alpha_ns + machine.wake_ns, [&](std::uint64_t messages) {
    return std::max(path_ps(cost, messages, bytes_ps, machine), work_ps(cost, messages, ranks, element_bytes, machine));
  });
}

std::uint64_t price_ps(const Cost& cost, std::uint64_t element_bytes, const Load& load) {
  if (cost.messages == 0) return 0;
  // ps * bytes / all_volume, rounded down; bytes are divided first, since ps * bytes may not fit 128 bits.
  const Wide bytes = cost.all_volume * element_bytes, unit = std::max<Wide>(1, load.all_volume);
  const Wide units = bytes / unit, rest = bytes % unit;
  const auto for_bytes = [&](std::uint64_t ps) { return bounded(ps * units + ps * rest / unit); };
  const std::uint64_t bytes_ps = std::max(for_bytes(load.rank_ps), for_bytes(load.port_ps));
  return least_ps(cost, bytes_ps, load.stage_ns, [&](std::uint64_t messages) {
    const Wide stages_ns = Wide{messages - cost.messages} * load.stage_ns;
    Wide total = (load.chain_ns + stages_ns) * ps_in_ns + bytes_ps + fill_ps(cost, messages, bytes_ps);
    for (const Load::Work& work : load.work)
      total = std::max(total, Wide{work.messages_ns} * messages / cost.messages * ps_in_ns + for_bytes(work.bytes_ps));
    return total;
  });
}

}  // namespace treering
