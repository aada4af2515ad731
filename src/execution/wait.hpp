// The one waiting policy: spin briefly, then sleep until a peer wakes us. Nothing else in the library waits for data.
//
// Spinning alone collapses when ranks outnumber cores, and sched_yield() beside other busy processes starves the caller
// on kernels with the EEVDF scheduler, so a rank that finds nothing for a while sleeps on a futex that its peers wake.
#pragma once

#include <chrono>
#include <span>

#include "transports/doorbell.hpp"

namespace treering {

/// Somebody whose progress a thread waits for.
class Waitable {
 public:
  virtual ~Waitable() = default;
  virtual bool progress() = 0;              ///< true if anything moved
  virtual bool over() = 0;                  ///< what is waited for has happened, or failed
  virtual const Bell& bell() const = 0;     ///< rung by peers
  virtual int wait_descriptor() const = 0;  ///< polls readable when progress() would move something, or -1
  virtual void slept() = 0;                 ///< called between sleeps, some times a second: look for what hangs
};

/// How long to look again and again before sleeping.
struct Patience {
  std::chrono::nanoseconds spin{0};
};

/// Drives all of them until each is over. A thread that drives several sleeps until any of them is woken.
void wait_until_over(std::span<Waitable* const> all, const Patience& patience);

}  // namespace treering
