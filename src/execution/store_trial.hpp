// Are results of some size better stored past the caches? Tried at first use: what processors report does not tell.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

namespace treering {

/// Of one plan. Operations go one way and the other by turns; the faster way stays. Belongs to the thread that drives
/// the rank. The bits of results do not depend on the way.
class StoreTrial {
 public:
  using Duration = std::chrono::nanoseconds;

  /// For an operation that begins now: past the caches?
  bool streams() const { return is_over() ? best_[true] <= best_[false] : seen_[true] <= seen_[false]; }
  bool is_over() const { return std::min(seen_[true], seen_[false]) > tries; }

  /// An operation that went this way has taken so long.
  void took(bool streamed, Duration duration) {
    // The first ones meet cold caches, pages and peers.
    if (seen_[streamed]++ > 0) best_[streamed] = std::min(best_[streamed], duration);
  }

 private:
  static constexpr int tries = 4;  // of each way; the best counts, since a late peer only slows

  std::array<int, 2> seen_{};  // false: ordinary stores, true: past the caches
  std::array<Duration, 2> best_{Duration::max(), Duration::max()};
};

}  // namespace treering
