// The one waiting policy: spin briefly, then sleep until a peer wakes us. Nothing else in the library waits for data.
//
// Spinning alone collapses when ranks outnumber cores, and sched_yield() beside other busy processes starves the caller on
// kernels with the EEVDF scheduler, so a rank that finds nothing for a while sleeps on a futex that its peers wake.
#pragma once

#include <algorithm>
#include <chrono>
#include <span>

#include "transports/doorbell.hpp"

namespace treering {

/// Somebody whose progress a thread waits for.
class Waitable {
 public:
  virtual ~Waitable() = default;
  virtual bool progress() = 0;                ///< true if anything moved
  virtual bool over() = 0;                    ///< what is waited for has happened, or failed
  virtual const Bell& bell() const = 0;       ///< rung by peers
  virtual int wait_descriptor() const = 0;    ///< polls readable when progress() would move something, or -1
  virtual void slept() = 0;                   ///< called between sleeps, some times a second: look for what hangs
};

/// How long to look again and again before sleeping; remembers what has paid. To be woken takes longer than many a message,
/// and two ranks that wait for each other's waking would go on so for ever: a sleep that turns out to be short makes the
/// next spin longer.
class Patience {
 public:
  /// Starts at `least`, never spins longer than `most`; equal where ranks share cores, and spinning takes from a peer.
  explicit Patience(std::chrono::nanoseconds least = {}, std::chrono::nanoseconds most = {})
      : least_(least), most_(most < least ? least : most), spin_(least) {}

  std::chrono::nanoseconds spin() const { return spin_; }
  void slept(std::chrono::nanoseconds time) {
    if (time < most_)
      spin_ = std::min(most_, spin_ * 2);
    else
      spin_ = std::max(least_, spin_ / 2);
  }

 private:
  std::chrono::nanoseconds least_, most_, spin_;
};

/// Drives all of them until each is over. A thread that drives several sleeps until any of them is woken.
void wait_until_over(std::span<Waitable* const> all, Patience& patience);

}  // namespace treering
