#include "startup/event_thread.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <system_error>

namespace treering {
namespace {

constexpr std::uint64_t wake_key = 0;  // no descriptor has serial 0

std::uint64_t key_of(int fd, std::uint32_t serial) {
  return std::uint64_t{serial} << 32 | static_cast<std::uint32_t>(fd);
}

Error cannot(const char* what) {
  return {Code::system_error, std::string("the background thread cannot be started (") + what + ": " +
                                  std::strerror(errno) +
                                  ") raise the limits on open files and threads (ulimit -n, ulimit -u)"};
}

}  // namespace

Result<std::unique_ptr<EventThread>> EventThread::start() {
  std::unique_ptr<EventThread> made(new EventThread);
  made->epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  made->wake_.reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  epoll_event event{.events = EPOLLIN, .data = {.u64 = wake_key}};
  if (!made->epoll_ || !made->wake_ || epoll_ctl(made->epoll_.get(), EPOLL_CTL_ADD, made->wake_.get(), &event) != 0)
    return cannot("epoll");
  // The program's signals are for the program's threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  try {
    std::unique_lock lock(made->dispatching_);  // the thread waits for id_
    made->thread_ = std::thread([events = made.get()] { events->run(); });
    made->id_ = made->thread_.get_id();
  } catch (const std::system_error& error) {
    errno = error.code().value();
    started = false;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!started) return cannot("thread");
  return made;
}

EventThread::~EventThread() {
  if (!thread_.joinable()) return;
  stop_ = true;
  post([] {});
  thread_.join();
}

void EventThread::post(std::function<void()> work) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(work));
  }
  const std::uint64_t one = 1;
  // Can only fail if the counter is full, and then the thread wakes anyway.
  if (first) (void)!write(wake_.get(), &one, sizeof one);
}

void EventThread::call(const std::function<void()>& work) {
  if (is_current()) return work();
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  post([&] {
    work();
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_one();  // under the lock: `changed` lives until the waiting thread has seen `done`
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done; });
}

Result<void> EventThread::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready) {
  const std::uint32_t serial = next_serial_++;
  epoll_event event{.events = events, .data = {.u64 = key_of(fd, serial)}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return Error{Code::system_error, std::string("a descriptor cannot be watched (epoll_ctl: ") + std::strerror(errno) +
                                         ") raise fs.epoll.max_user_watches"};
  watched_[fd] = {serial, std::make_shared<const std::function<void(std::uint32_t)>>(std::move(ready))};
  return {};
}

void EventThread::change(int fd, std::uint32_t events) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  epoll_event event{.events = events, .data = {.u64 = key_of(fd, found->second.serial)}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventThread::forget(int fd) {
  if (watched_.erase(fd) != 0) epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

EventThread::Timer EventThread::at(Deadline deadline, std::function<void()> expired) {
  const Timer timer{deadline, next_timer_++};
  timers_.emplace(timer, std::move(expired));
  return timer;
}

void EventThread::cancel(const Timer& timer) {
  timers_.erase(timer);
}

void EventThread::after_fork_in_child() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const auto& [fd, watched] : watched_) dup3(null, fd, O_CLOEXEC);
  dup3(null, epoll_.get(), O_CLOEXEC);
  dup3(null, wake_.get(), O_CLOEXEC);
  close(null);
  dispatching_.unlock();
}

void EventThread::run() {
  pthread_setname_np(pthread_self(), "treering");
  std::unique_lock lock(dispatching_);
  while (!stop_) {
    const int timeout = milliseconds_to_wait();
    lock.unlock();
    epoll_event ready[64];
    const int count = epoll_wait(epoll_.get(), ready, 64, timeout);
    lock.lock();
    for (int k = 0; k < count; ++k) {
      if (ready[k].data.u64 == wake_key) {
        std::uint64_t rings;
        (void)!read(wake_.get(), &rings, sizeof rings);
        continue;
      }
      const auto found = watched_.find(static_cast<int>(ready[k].data.u64 & 0xffffffff));
      if (found == watched_.end() || found->second.serial != ready[k].data.u64 >> 32) continue;
      const auto call = found->second.ready;  // may be forgotten while it runs
      (*call)(ready[k].events);
    }
    run_posted();
    run_expired();
  }
}

void EventThread::run_posted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (const auto& task : work) task();
}

void EventThread::run_expired() {
  const Deadline now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto expired = std::move(timers_.extract(timers_.begin()).mapped());
    expired();
  }
}

int EventThread::milliseconds_to_wait() const {
  if (timers_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

}  // namespace treering
