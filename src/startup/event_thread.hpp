// One thread that waits for everything in the background: descriptors, timers, and work posted from other threads. What
// only it touches needs no locks.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "transports/transport.hpp"
#include "treering/result.hpp"

namespace treering {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

class EventThread {
 public:
  using Timer = std::pair<Deadline, std::uint64_t>;

  static Result<std::unique_ptr<EventThread>> start();
  ~EventThread();

  // Any thread.

  /// Runs `work` on the thread, in the order posted.
  void post(std::function<void()> work);
  /// The same, and waits until it has run. On the thread itself: runs it at once. Must not be called with a lock that a
  /// callback takes.
  void call(const std::function<void()>& work);
  bool is_current() const { return std::this_thread::get_id() == id_; }

  // On the thread only. Nothing that was forgotten or cancelled is called afterwards.

  /// Calls `ready` with the events of epoll that hold for `fd`; ends of connections are among them whether asked for or
  /// not. The caller owns `fd` and forgets it before it is closed.
  Result<void> watch(int fd, std::uint32_t events, std::function<void(std::uint32_t events)> ready);
  void change(int fd, std::uint32_t events);
  void forget(int fd);
  Timer at(Deadline deadline, std::function<void()> expired);
  void cancel(const Timer& timer);

  // Around fork(): between the first and one of the other two, no callback runs.

  void before_fork() { dispatching_.lock(); }
  void after_fork_in_parent() { dispatching_.unlock(); }
  /// The child has no such thread. It lets go of all descriptors watched, without closing their numbers, whose owners
  /// may still close them: otherwise a peer would not see the end of a connection while any child lives.
  void after_fork_in_child();

 private:
  struct Watched {
    std::uint32_t serial;  // tells apart two uses of one descriptor number
    std::shared_ptr<const std::function<void(std::uint32_t)>> ready;
  };
  EventThread() = default;
  void run();
  void run_posted();
  void run_expired();
  int milliseconds_to_wait() const;

  std::thread::id id_;
  std::thread thread_;
  Descriptor epoll_;
  Descriptor wake_;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> stop_{false};
  std::mutex dispatching_;  // held while anything below is touched
  std::unordered_map<int, Watched> watched_;
  std::map<Timer, std::function<void()>> timers_;
  std::uint32_t next_serial_ = 1;
  std::uint64_t next_timer_ = 1;
};

}  // namespace treering
