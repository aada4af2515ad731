#include "execution/wait.hpp"

#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>
#include <vector>

namespace treering {
namespace {

using Clock = std::chrono::steady_clock;
/// A peer whose store is still on its way when it looks whether this rank sleeps does not wake it (ring_if_asleep()).
/// Stores arrive within a microsecond or two. Should one ever take longer, the sleep costs at most as much as the time
/// waited before it: sleeps begin short and double.
constexpr std::chrono::microseconds until_stores_arrive{2};
constexpr std::chrono::nanoseconds shortest_sleep{500'000}, longest_sleep{100'000'000};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class Sleeper {
 public:
  explicit Sleeper(std::span<Waitable* const> all) : all_(all) {
    std::vector<int> descriptors;
    for (const Waitable* one : all) one->add_wait_descriptors(descriptors);
    // One rank without sockets sleeps on its futex; anything else needs poll().
    if (all.size() == 1 && descriptors.empty()) return;
    for (const Waitable* one : all) descriptors.push_back(one->bell().event);
    for (const int fd : descriptors) polled_.push_back({fd, POLLIN, 0});
  }

  /// From here on, whoever publishes to one of us wakes us.
  void announce() {
    const auto how = polled_.empty() ? Doorbell::on_futex : Doorbell::on_descriptor;
    rings_ = all_[0]->bell().doorbell->rings.load(std::memory_order_acquire);
    for (const Waitable* one : all_) one->bell().doorbell->sleeping.store(how, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // the other half is in ring()
  }
  void sleep(std::chrono::nanoseconds longest) {
    const timespec limit{0, longest.count()};
    if (polled_.empty())
      syscall(SYS_futex, &all_[0]->bell().doorbell->rings, FUTEX_WAIT, rings_, &limit, nullptr, 0);
    else
      ppoll(polled_.data(), polled_.size(), &limit, nullptr);
  }
  void wake() {
    for (const Waitable* one : all_) {
      one->bell().doorbell->sleeping.store(Doorbell::awake, std::memory_order_relaxed);
      if (polled_.empty()) continue;
      std::uint64_t count;
      [[maybe_unused]] const auto drained = ::read(one->bell().event, &count, sizeof count);  // does not block
    }
  }

 private:
  std::span<Waitable* const> all_;
  std::vector<pollfd> polled_;
  std::uint32_t rings_ = 0;
};

std::chrono::nanoseconds processor_time_of_this_thread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// What a thread does between looks that find nothing.
class Pause {
 public:
  explicit Pause(Patience& patience) : patience_(patience) {}

  /// A look has found news: patience begins anew.
  void found_news() {
    if (looks_ > 0) patience_.share.found_news(processor_time_of_this_thread);
    looks_ = 0;
  }

  /// After a look in vain. False: it has been long enough, sleep.
  bool pass() {
    if (looks_++ == 0) since_ = seen_ = Clock::now();
    if (has_core_to_itself()) {
      // A pause is as long as a line takes from core to core, and a look in vain is no busy loop.
      constexpr unsigned at_once = 64;
      if (looks_ > at_once) relax();
      return true;
    }
    if (patience_.share.pays(seen_)) return yield();
    return spin();
  }

  void slept() {
    patience_.share.slept();
    looks_ = 0;
  }

 private:
  /// For some time it is believed. Schedulers put two threads that take turns in sleeping on one core and leave them
  /// there, each spinning while the other waits for the core; yielding, both are seen to want one.
  bool has_core_to_itself() {
    constexpr std::chrono::microseconds believed{20};
    if (patience_.shares_core) return false;
    if (looks_ % looks_between_clocks == 0) seen_ = Clock::now();
    return seen_ - since_ < std::min<std::chrono::nanoseconds>(believed, patience_.spin);
  }

  bool spin() {
    // A peer that needs this core will not get it otherwise.
    constexpr std::chrono::nanoseconds shortly{1000};
    const auto limit = patience_.shares_core ? std::min(patience_.spin, shortly) : patience_.spin;
    if (looks_ % looks_between_clocks == 0 && Clock::now() - since_ >= limit) return false;
    relax();
    return true;
  }

  bool yield() {
    // With many ranks to a core, each must have had some turns before it is worth a wake-up.
    constexpr unsigned fewest_yields = 32;
    if (patience_.spin.count() == 0 || (looks_ > fewest_yields && seen_ - since_ >= patience_.spin)) return false;
    sched_yield();
    const auto left = std::exchange(seen_, Clock::now());
    patience_.share.yielded(left, seen_);
    return true;
  }

  static constexpr unsigned looks_between_clocks = 32;

  Patience& patience_;
  unsigned looks_ = 0;       // in vain, one after another
  Clock::time_point since_;  // the first of them
  Clock::time_point seen_;   // the clock, as last read
};

enum class Look { over, moved, idle };

Look look(std::span<Waitable* const> all) {
  bool moved = false;
  bool over = true;
  for (Waitable* one : all) {
    if (one->over()) continue;
    moved |= one->progress();
    over &= one->over();
  }
  return over ? Look::over : moved ? Look::moved : Look::idle;
}

/// The last look before sleeping, which takes in whatever was on its way when peers were told that this rank sleeps.
Look last_look(std::span<Waitable* const> all) {
  const auto since = Clock::now();
  for (;;) {
    const Look seen = look(all);
    if (seen != Look::idle || Clock::now() - since >= until_stores_arrive) return seen;
    relax();
  }
}

}  // namespace

void wait_until_over(std::span<Waitable* const> all, Patience& patience) {
  Pause pause(patience);
  auto sleep = shortest_sleep;
  for (;;) {
    Look seen = look(all);
    if (seen != Look::idle) {
      pause.found_news();
      sleep = shortest_sleep;
    }
    if (seen == Look::over) return;
    if (seen == Look::moved) continue;
    if (pause.pass()) continue;
    Sleeper sleeper(all);
    sleeper.announce();
    seen = last_look(all);
    if (seen == Look::idle) sleeper.sleep(sleep);
    sleeper.wake();
    sleep = std::min(2 * sleep, longest_sleep);
    if (seen == Look::over) return;
    for (Waitable* one : all) one->slept();
    pause.slept();
  }
}

}  // namespace treering
