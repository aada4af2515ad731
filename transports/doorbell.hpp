// How a rank that sleeps is woken by its peers. One doorbell a rank, in memory that its peers can write.
#pragma once

#include <atomic>
#include <cstdint>

#include "transports/wire.hpp"

namespace treering {

/// The bell itself. All zero: awake.
struct alignas(cache_line_bytes) Doorbell {
  enum Sleep : std::uint32_t { awake = 0, on_futex = 1, on_descriptor = 2 };
  std::atomic<std::uint32_t> sleeping;  ///< a Sleep
  std::atomic<std::uint32_t> rings;     ///< the futex word: counts rings
};

/// A bell and the event descriptor that wakes its owner from poll(). The descriptor is this process's own.
struct Bell {
  Doorbell* doorbell = nullptr;
  int event = -1;
};

/// Wakes the owner. Any thread, any process.
void wake(const Bell& bell);

/// After something was published to the owner by a store: wakes it if it sleeps. No fence orders the store before the
/// look: that would make every message wait until the line which it wrote has come over from the other core. Instead
/// whoever goes to sleep looks a while longer first, until stores that were on their way then must have arrived, and
/// sleeps briefly the first time (execution/wait.cpp).
inline void ring_if_asleep(const Bell& bell) {
  if (bell.doorbell && bell.doorbell->sleeping.load(std::memory_order_relaxed) != Doorbell::awake) [[unlikely]]
    wake(bell);
}

/// The same for what is seldom published: a fence does, and the owner's own, between going to sleep and its last look,
/// is the other half.
inline void ring(const Bell& bell) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  ring_if_asleep(bell);
}

}  // namespace treering
