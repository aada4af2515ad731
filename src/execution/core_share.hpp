// Does yielding the core pay? Only while a thread gets about its share of the cores.
#pragma once

#include <chrono>

namespace treering {

/// Watches the yields of one thread. Where only ranks run, a yield is over when they have had their turns, and the
/// thread gets its share of the processor's time. Beside other busy processes the scheduler may give these a whole time
/// slice for each yield, and the thread, which runs for a microsecond in between, gets next to nothing. A long yield
/// alone does not tell: peers may have much to copy, but then so has this thread; or a peer may be late, but then one
/// long yield comes to an end with news, not one after another.
class CoreShare {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  /// `ranks_a_core`: as many threads share a core, rounded up.
  explicit CoreShare(unsigned ranks_a_core = 1) : ranks_a_core_(ranks_a_core) {}

  /// Does it pay to yield now?
  bool pays(Time now) const { return now >= starved_until_; }

  /// The thread left its core at `left` and was back at `back`.
  void yielded(Time left, Time back) {
    // Between two yields the thread had much to do, inside a collective or outside.
    if (left - back_ >= long_yield) watched_ = 0;
    left_ = left;
    back_ = back;
  }

  /// A look has found news. `processor_time` gives what the thread has used so far; called after long yields only.
  template <class ProcessorTime>
  void found_news(const ProcessorTime& processor_time) {
    if (back_ - left_ < long_yield) return;
    judge(processor_time());
    left_ = back_;
  }

  /// The thread has slept: what it did not get meanwhile it did not want.
  void slept() { watched_ = 0; }

 private:
  /// Few turns of peers take longer; the time slices of schedulers are 0.7 to 4 ms.
  static constexpr std::chrono::microseconds long_yield{500};

  void judge(std::chrono::nanoseconds used);

  unsigned ranks_a_core_;
  Time left_{}, back_{};  // of the latest yield
  unsigned watched_ = 0;  // long yields that ended with news
  Time since_{};          // when the first of them began
  std::chrono::nanoseconds used_before_{0};
  int sentence_ = 0;  // of how many times the time watched
  Time starved_until_{};
};

}  // namespace treering
