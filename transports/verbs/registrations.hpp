// Memory that the device may read and write: the rings of wires, and what users have from ncclMemAlloc.
#pragma once

#include <infiniband/verbs.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>

#include "transports/framed/registrar.hpp"
#include "transports/verbs/device.hpp"
#include "treering/result.hpp"

namespace treering::verbs {

struct EndRegistration {
  void operator()(ibv_mr* registered) const { ibv_dereg_mr(registered); }
};
using Registration = std::unique_ptr<ibv_mr, EndRegistration>;

/// Registers, or says what to do about the limit on locked memory.
Result<Registration> register_memory(Device& device, std::span<const std::byte> memory, int access);

/// Of one transport; belongs to the thread that drives it.
class Registrations final : public framed::Registrar {
 public:
  explicit Registrations(std::shared_ptr<Device> device) : device_(std::move(device)) {}

  Result<void> admit(std::span<std::byte> ring, Use use) override;
  framed::RingPlace place_of(const std::byte* ring) const override;
  /// Allocations are registered when they are first sent from, and stay so until they are released.
  bool can_read(const std::byte* first, std::uint64_t bytes) override;

  /// By what key the device reads these bytes, all of which it may. `is_users`: they are not of a ring.
  struct Source {
    std::uint32_t key;
    bool is_users;
  };
  Source source_of(const std::byte* first) const;

  /// Lets go of allocations that were released. Nothing of them is on its way any more.
  void forget_released();

 private:
  struct Known {
    Registration registered;
    std::uint64_t allocation;  // its number, or 0: a ring
  };
  bool admit_allocation(std::uint64_t number, const std::byte* first);

  std::shared_ptr<Device> device_;
  std::map<const std::byte*, Known> known_;    // by their first bytes
  std::map<std::uint64_t, bool> allocations_;  // seen: could it be registered?
  std::uint64_t releases_ = 0;                 // as last looked at
};

}  // namespace treering::verbs
