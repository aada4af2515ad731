#include "execution/wait.hpp"

#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <vector>

namespace treering {
namespace {

using Clock = std::chrono::steady_clock;
constexpr timespec longest_sleep{0, 100'000'000};

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
    // One rank without sockets sleeps on its futex; anything else needs poll().
    if (all.size() == 1 && all[0]->wait_descriptor() < 0) return;
    for (const Waitable* one : all) {
      polled_.push_back({one->bell().event, POLLIN, 0});
      if (const int fd = one->wait_descriptor(); fd >= 0) polled_.push_back({fd, POLLIN, 0});
    }
  }

  /// From here on, whoever publishes to one of us wakes us.
  void announce() {
    const auto how = polled_.empty() ? Doorbell::on_futex : Doorbell::on_descriptor;
    rings_ = all_[0]->bell().doorbell->rings.load(std::memory_order_acquire);
    for (const Waitable* one : all_) one->bell().doorbell->sleeping.store(how, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // the other half is in ring()
  }
  void sleep() {
    if (polled_.empty())
      syscall(SYS_futex, &all_[0]->bell().doorbell->rings, FUTEX_WAIT, rings_, &longest_sleep, nullptr, 0);
    else
      ppoll(polled_.data(), polled_.size(), &longest_sleep, nullptr);
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

}  // namespace

void wait_until_over(std::span<Waitable* const> all, const Patience& patience) {
  constexpr unsigned looks_between_clocks = 32;
  unsigned idle = 0;
  Clock::time_point idle_since;
  for (;;) {
    Look seen = look(all);
    if (seen == Look::over) return;
    if (seen == Look::moved) {
      idle = 0;
      continue;
    }
    if (idle++ == 0) idle_since = Clock::now();
    if (idle % looks_between_clocks != 0 || Clock::now() - idle_since < patience.spin) {
      relax();
      continue;
    }
    Sleeper sleeper(all);
    sleeper.announce();
    seen = look(all);
    if (seen == Look::idle) sleeper.sleep();
    sleeper.wake();
    if (seen == Look::over) return;
    for (Waitable* one : all) one->slept();
    idle = 0;
  }
}

}  // namespace treering
