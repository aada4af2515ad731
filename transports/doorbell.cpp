#include "transports/doorbell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace treering {

void wake(const Bell& bell) {
  const auto was = bell.doorbell->sleeping.exchange(Doorbell::awake, std::memory_order_acq_rel);
  bell.doorbell->rings.fetch_add(1, std::memory_order_release);
  if (was == Doorbell::on_futex) syscall(SYS_futex, &bell.doorbell->rings, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  if (was == Doorbell::on_descriptor) {
    const std::uint64_t one = 1;
    // A full counter means that a wake-up is pending already.
    [[maybe_unused]] const auto written = ::write(bell.event, &one, sizeof one);
  }
}

}  // namespace treering
