#include "communicator/retirement.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

namespace treering {
namespace {

constexpr std::chrono::seconds exit_waits{2};

/// Never destroyed: threads that outlive main() still count themselves out.
class Retirements {
 public:
  static Retirements& all() {
    static Retirements* const retirements = [] {
      std::atexit([] { all().wait(); });
      return new Retirements;
    }();
    return *retirements;
  }
  void begin() {
    const std::scoped_lock lock(mutex_);
    ++under_way_;
    process_ = getpid();
  }
  void end() {
    const std::scoped_lock lock(mutex_);
    if (--under_way_ == 0) none_.notify_all();
  }

 private:
  void wait() {
    if (process_ != getpid()) return;  // a child of fork(): its copy of the lock may be held for ever
    std::unique_lock lock(mutex_);
    none_.wait_for(lock, exit_waits, [this] { return under_way_ == 0; });
  }
  std::mutex mutex_;
  std::condition_variable none_;
  int under_way_ = 0;
  std::atomic<pid_t> process_{0};
};

}  // namespace

void retire(std::unique_ptr<ParticipantParts> parts) {
  if (!parts || !parts->joined.control) return;
  if (parts->process != getpid()) {
    static_cast<void>(parts.release());  // the parent's: what a goodbye takes is there, not in this child
    return;
  }
  const bool nothing_to_wait_for =
      parts->finalized || parts->failed.load(std::memory_order_acquire) || parts->ranks == 1;
  if (nothing_to_wait_for) return;  // destroyed here
  Retirements::all().begin();
  try {
    std::thread([parts = std::move(parts)]() mutable {
      // A failure here is the peers' to report: this rank has left.
      [[maybe_unused]] const auto finalized =
          parts->joined.control->finalize(std::chrono::steady_clock::now() + parts->options.start_timeout);
      parts.reset();
      Retirements::all().end();
    }).detach();
  } catch (const std::system_error&) {
    Retirements::all().end();  // no thread to be had: the parts are gone, without a goodbye
  }
}

}  // namespace treering
