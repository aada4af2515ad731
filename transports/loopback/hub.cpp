#include "transports/loopback/hub.hpp"

#include <unordered_map>

namespace treering {

std::shared_ptr<LoopbackHub> LoopbackHub::of(std::uint64_t communicator, Rank ranks) {
  static std::mutex mutex;
  static auto& hubs = *new std::unordered_map<std::uint64_t, std::weak_ptr<LoopbackHub>>;
  const std::lock_guard lock(mutex);
  std::erase_if(hubs, [](const auto& entry) { return entry.second.expired(); });
  auto& known = hubs[communicator];
  auto hub = known.lock();
  if (!hub) known = hub = std::make_shared<LoopbackHub>(ranks);
  return hub;
}

bool LoopbackHub::join(Rank rank, const Bell& bell) {
  const std::lock_guard lock(mutex_);
  Member& joining = member(rank);
  if (joining.bell) return false;
  joining.bell = bell;
  joining.present = true;
  if (lost() != nobody) joining.news.store(true, std::memory_order_relaxed);
  for (const Rank waiting : joining.awaited_by) tell(waiting);
  joining.awaited_by.clear();
  return true;
}

void LoopbackHub::leave(Rank rank, Leaving how) {
  const std::lock_guard lock(mutex_);
  member(rank).present = false;
  if (how == Leaving::after_goodbye) return;
  Rank none = nobody;
  if (!lost_.compare_exchange_strong(none, rank, std::memory_order_acq_rel)) return;
  for (Rank other = 0; other < ranks(); ++other) tell(other);
}

std::optional<Bell> LoopbackHub::bell_of(Rank rank, Rank asker) {
  const std::lock_guard lock(mutex_);
  Member& asked = member(rank);
  if (!asked.bell && (asked.awaited_by.empty() || asked.awaited_by.back() != asker)) asked.awaited_by.push_back(asker);
  return asked.bell;
}

Result<Wire> LoopbackHub::wire(Rank from, Rank to, LaneIndex lane, std::uint64_t ring_bytes) {
  const std::lock_guard lock(mutex_);
  const auto known = wires_.find({from, to, lane});
  if (known != wires_.end()) return wire_in(known->second, known->second.bytes() - wire_bytes(0));
  auto memory = map_private(wire_bytes(ring_bytes));
  if (!memory) return std::move(memory).error();
  const Mapping& kept = wires_[{from, to, lane}] = *std::move(memory);
  return wire_in(kept, ring_bytes);
}

void LoopbackHub::tell(Rank rank) {
  Member& told = member(rank);
  if (!told.present) return;
  told.news.store(true, std::memory_order_release);
  ring(*told.bell);
}

}  // namespace treering
