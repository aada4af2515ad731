#include "transports/verbs/registrations.hpp"

#include <fmt/format.h>

#include <iterator>

#include "transports/memory.hpp"
#include "transports/verbs/locked_memory.hpp"

namespace treering::verbs {

Result<Registration> register_memory(Device& device, std::span<const std::byte> memory, int access) {
  Registration registered(ibv_reg_mr(device.domain(), const_cast<std::byte*>(memory.data()), memory.size(), access));
  if (registered) return registered;
  return Error{Code::system_error, fmt::format("{} {}", device.port().text(), cannot_lock(memory.size()))};
}

Result<void> Registrations::admit(std::span<std::byte> ring, Use use) {
  const int access = use == Use::target ? IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE : 0;
  auto registered = register_memory(*device_, ring, access);
  if (!registered) return std::move(registered).error();
  known_[ring.data()] = {*std::move(registered), 0};
  return {};
}

framed::RingPlace Registrations::place_of(const std::byte* ring) const {
  return {reinterpret_cast<std::uintptr_t>(ring), known_.at(ring).registered->rkey};
}

bool Registrations::can_read(const std::byte* first, std::uint64_t bytes) {
  const auto loan = memory::find(first, bytes);
  if (!loan) return false;
  const auto seen = allocations_.find(loan->region);
  return seen != allocations_.end() ? seen->second : admit_allocation(loan->region, first - loan->offset);
}

bool Registrations::admit_allocation(std::uint64_t number, const std::byte* first) {
  const auto region = memory::region(number);
  if (!region) return false;
  auto registered = register_memory(*device_, {first, region->bytes}, 0);
  allocations_[number] = static_cast<bool>(registered);
  if (!registered) return false;  // it is copied through the ring
  known_[first] = {*std::move(registered), number};
  return true;
}

Registrations::Source Registrations::source_of(const std::byte* first) const {
  const Known& known = std::prev(known_.upper_bound(first))->second;
  return {known.registered->lkey, known.allocation != 0};
}

void Registrations::forget_released() {
  if (releases_ == memory::releases()) return;
  releases_ = memory::releases();
  std::erase_if(known_, [](const auto& known) {
    return known.second.allocation != 0 && !memory::exists(known.second.allocation);
  });
  std::erase_if(allocations_, [](const auto& seen) { return !memory::exists(seen.first); });
}

}  // namespace treering::verbs
