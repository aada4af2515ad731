// The one waiting policy: look for a while, then sleep until a peer wakes us. Nothing else in the library waits for
// data.
//
// A rank with a core of its own spins for 20 us, then yields too. Where ranks outnumber cores that would keep the peer
// it waits for from running, so it yields the core between looks: a switch to a peer that is ready costs a microsecond,
// waking one that sleeps 5 to 50. Beside other busy processes yielding starves a rank (see core_share.hpp); then it
// soon sleeps instead. Who sleeps does so on a futex that its peers wake.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "execution/core_share.hpp"
#include "transports/doorbell.hpp"

namespace treering {

/// Somebody whose progress a thread waits for.
class Waitable {
 public:
  virtual ~Waitable() = default;
  virtual bool progress() = 0;           ///< true if anything moved
  virtual bool over() = 0;               ///< what is waited for has happened, or failed
  virtual const Bell& bell() const = 0;  ///< rung by peers
  /// Adds those that poll readable when progress() would move something.
  virtual void add_wait_descriptors(std::vector<int>& all) const = 0;
  virtual void slept() = 0;  ///< called between sleeps, some times a second: look for what hangs
};

/// How a rank looks for news before it sleeps. Belongs to the thread that drives the rank.
struct Patience {
  std::chrono::nanoseconds spin{0};  ///< for how long
  bool shares_core = false;          ///< with other ranks: yield it between looks from the first on
  CoreShare share;                   ///< while that pays
};

/// Drives all of them until each is over. A thread that drives several sleeps until any of them is woken.
void wait_until_over(std::span<Waitable* const> all, Patience& patience);

}  // namespace treering
