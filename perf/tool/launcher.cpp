#include "launcher.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "command_line.hpp"
#include "family/family.hpp"

namespace treering::perf {
namespace {

using Clock = std::chrono::steady_clock;

/// The worst status of a family; after the first failure the survivors may speak, then they are asked to go.
class Watch {
 public:
  Watch(ProcessFamily& family, std::chrono::milliseconds grace) : family_(family), grace_(grace) {}

  int until_the_end() {
    while (family_.is_running()) {
      pollfd signals{family_.descriptor(), POLLIN, 0};
      poll(&signals, 1, deadline_ || family_.is_ending() ? 50 : -1);
      while (const auto signal = family_.take_signal()) {
        worst_ = std::max(worst_, 128 + *signal);
        family_.pass_on(*signal);
        fail();
      }
      for (const ProcessFamily::Ended& one : family_.reap()) take(one);
      if (deadline_ && !family_.is_ending() && Clock::now() >= *deadline_) family_.end();
      family_.escalate();
    }
    return worst_;
  }

 private:
  void take(const ProcessFamily::Ended& one) {
    if (family_.is_ending()) return;  // its status says nothing
    if (one.signal != 0)
      fmt::print(stderr, "treering-perf: process {} (pid {}) was killed by signal {} ({})\n", one.index, one.pid,
                 one.signal, strsignal(one.signal));
    worst_ = std::max(worst_, one.status);
    if (one.status != 0) fail();
  }
  void fail() {
    if (!deadline_) deadline_ = Clock::now() + grace_;
  }

  ProcessFamily& family_;
  const std::chrono::milliseconds grace_;
  std::optional<Clock::time_point> deadline_;  ///< of the survivors, once somebody failed or we were told to stop
  int worst_ = 0;
};

}  // namespace

int launch(const Launch& launch) {
  ProcessFamily family({.processes = launch.processes, .processors = launch.threads, .child = launch.child});
  if (const auto started = family.start(); !started) {
    fmt::print(stderr, "treering-perf: {}\n", started.error().message);
    return exit_failure;
  }
  if (!family.hand_out(launch.share())) return exit_failure;
  return Watch(family, launch.grace).until_the_end();
}

}  // namespace treering::perf
