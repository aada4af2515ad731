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

/// After something was published to the owner: wakes it if it sleeps. The fence orders the publication before the look;
/// the owner's own fence, between going to sleep and its last look, is the other half.
inline void ring(const Bell& bell) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (bell.doorbell->sleeping.load(std::memory_order_relaxed) != Doorbell::awake) [[unlikely]]
    wake(bell);
}

}  // namespace treering
