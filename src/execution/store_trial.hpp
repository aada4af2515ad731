// Which stores of an operation go past the caches? What processors report does not tell which way is fastest, and in a
// virtual machine it changes: where the cores of two ranks come to lie far apart, lines that go from one to the other
// through the caches take many times as long, while memory is as near as before. So all ways are tried, and tried
// again once operations take another time than they did.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace treering {

/// What goes past the caches.
enum class Storing : std::uint8_t { nothing, results, all };  // all: what is written to rings for peers, too

/// Of one plan. Belongs to the thread that drives the rank. The bits of results do not depend on the way.
class StoreTrial {
 public:
  using Duration = std::chrono::nanoseconds;

  /// For an operation that begins now. While ways are tried they take turns, from `first` on.
  Storing way(Storing first) const { return is_over(first) ? fastest(first) : least_tried(first); }

  /// An operation that went this way has taken so long.
  void took(Storing first, Storing way, Duration duration) {
    if (!is_over(first)) return note_try(first, way, duration);
    lately_ = std::min(lately_, duration);
    if (++since_trial_ % looks != 0) return;
    if (since_trial_ >= patience_ && is_other_time(lately_, best(fastest(first)))) begin_anew(first);
    lately_ = Duration::max();
  }

 private:
  static constexpr int tries = 4;                                  // of each way, after a first; the best counts: what
  static constexpr int looks = 4;                                  // else runs only slows. The same later
  static constexpr int least_patience = 64, most_patience = 1024;  // operations

  static constexpr auto index(Storing way) { return static_cast<std::size_t>(way); }
  Duration best(Storing way) const { return best_[index(way)]; }

  bool is_over(Storing first) const {
    return std::all_of(seen_.begin() + index(first), seen_.end(), [](int seen) { return seen > tries; });
  }
  Storing least_tried(Storing first) const {
    return static_cast<Storing>(std::min_element(seen_.begin() + index(first), seen_.end()) - seen_.begin());
  }
  Storing fastest(Storing first) const {
    return static_cast<Storing>(std::min_element(best_.begin() + index(first), best_.end()) - best_.begin());
  }

  void note_try(Storing first, Storing way, Duration duration) {
    // The first ones meet cold caches, pages and peers.
    if (seen_[index(way)]++ > 0) best_[index(way)] = std::min(best(way), duration);
    if (!is_over(first)) return;
    // Trials that change nothing become rarer.
    patience_ = fastest(first) == before_ ? std::min(2 * patience_, most_patience) : least_patience;
  }

  /// More than noise.
  static bool is_other_time(Duration a, Duration b) { return 2 * a > 3 * b || 2 * b > 3 * a; }

  void begin_anew(Storing first) {
    before_ = fastest(first);
    seen_.fill(0);
    best_.fill(Duration::max());
    since_trial_ = 0;
  }

  std::array<int, 3> seen_{};
  std::array<Duration, 3> best_{Duration::max(), Duration::max(), Duration::max()};
  Duration lately_ = Duration::max();  // the best since the last look
  int since_trial_ = 0;                // operations
  int patience_ = least_patience;
  Storing before_ = Storing::nothing;
};

}  // namespace treering
