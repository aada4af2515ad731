#include "launcher.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "command_line.hpp"

namespace treering::perf {
namespace {

using Clock = std::chrono::steady_clock;

struct Child {
  pid_t pid = -1;
  int pipe = -1;  ///< the launcher's end: what is shared is written here
  bool running = true;
};

sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 512> part;
  for (;;) {
    const ssize_t got = read(fd, part.data(), part.size());
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
    if (got == 0) return text;
    if (got < 0 && errno != EINTR) return {};
  }
}

/// Schedulers may start two processes on one core and part them only some milliseconds later, which is when a sweep of
/// small sizes is over.
void take_own_cores(const Launch& launch, int index) {
  cpu_set_t offered, own;
  if (sched_getaffinity(0, sizeof offered, &offered) != 0) return;
  if (CPU_COUNT(&offered) < launch.processes * launch.threads) return;
  CPU_ZERO(&own);
  int seen = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &offered)) continue;
    if (seen++ / launch.threads == index) CPU_SET(core, &own);
  }
  sched_setaffinity(0, sizeof own, &own);
}

[[noreturn]] void become_child(const Launch& launch, int index, int pipe, pid_t launcher, const sigset_t& before) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(exit_failure);  // it died before prctl
  sigprocmask(SIG_SETMASK, &before, nullptr);
  take_own_cores(launch, index);
  const std::string shared = read_to_end(pipe);
  close(pipe);
  // An ordinary exit: the library says its goodbyes and removes its socket.
  std::exit(shared.empty() ? static_cast<int>(exit_failure) : launch.child(index, shared));
}

/// The launcher's family of processes, from the first fork to the last wait.
class Family {
 public:
  explicit Family(const Launch& launch) : launch_(launch), awaited_(awaited_signals()) {
    sigprocmask(SIG_BLOCK, &awaited_, &before_);
  }
  ~Family() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  int run() {
    if (start() && hand_out()) {
      await();
    } else {
      worst_ = std::max<int>(worst_, exit_failure);
      ending_ = true;
      end_with(SIGKILL);
      await();
    }
    return worst_;
  }

 private:
  bool start() {
    const pid_t launcher = getpid();
    std::fflush(nullptr);
    for (int index = 0; index < launch_.processes; ++index) {
      int ends[2];
      const pid_t pid = pipe(ends) == 0 ? fork() : -1;
      if (pid < 0) {
        fmt::print(stderr,
                   "treering-perf: cannot start process {} ({}) ask for fewer with --np, or raise ulimit -u and -n\n",
                   index, std::strerror(errno));
        return false;
      }
      if (pid == 0) {
        close(ends[1]);
        for (const Child& sibling : children_) close(sibling.pipe);
        become_child(launch_, index, ends[0], launcher, before_);
      }
      close(ends[0]);
      children_.push_back({pid, ends[1], true});
    }
    return true;
  }

  bool hand_out() {
    const std::string shared = launch_.share();
    signal(SIGPIPE, SIG_IGN);  // after the forks: children keep the default
    bool all = !shared.empty();
    for (const Child& child : children_) {
      all = write(child.pipe, shared.data(), shared.size()) == static_cast<ssize_t>(shared.size()) && all;
      close(child.pipe);
    }
    return all;
  }

  void await() {
    while (std::any_of(children_.begin(), children_.end(), [](const Child& child) { return child.running; })) {
      reap();
      siginfo_t info{};
      const timespec pause{0, 50'000'000};
      const int signal = sigtimedwait(&awaited_, &info, &pause);
      if (signal > 0 && signal != SIGCHLD) {
        worst_ = std::max(worst_, 128 + signal);
        end_with(signal);
        fail_at(Clock::now());
      }
      escalate();
    }
  }

  void reap() {
    for (std::size_t index = 0; index < children_.size(); ++index) {
      Child& child = children_[index];
      int status = 0;
      if (!child.running || waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
      child.running = false;
      const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      if (WIFSIGNALED(status) && !ending_) {
        fmt::print(stderr, "treering-perf: process {} (pid {}) was killed by signal {} ({})\n", index, child.pid,
                   WTERMSIG(status), strsignal(WTERMSIG(status)));
      }
      if (!ending_) worst_ = std::max(worst_, code);
      if (code != 0) fail_at(Clock::now());
    }
  }

  void fail_at(Clock::time_point when) {
    if (!failed_) deadline_ = when + launch_.grace;
    failed_ = true;
  }

  /// First the survivors may speak, then they are asked to go, then they go.
  void escalate() {
    if (!failed_ || Clock::now() < deadline_) return;
    end_with(ending_ ? SIGKILL : SIGTERM);
    ending_ = true;
    deadline_ = Clock::now() + std::chrono::seconds(1);
  }

  void end_with(int signal) {
    for (const Child& child : children_) {
      if (child.running) kill(child.pid, signal);
    }
  }

  const Launch& launch_;
  const sigset_t awaited_;
  sigset_t before_{};
  std::vector<Child> children_;
  bool failed_ = false;  ///< somebody did, or we were told to stop
  bool ending_ = false;  ///< the rest are being ended: their status says nothing
  Clock::time_point deadline_;
  int worst_ = 0;
};

}  // namespace

int launch(const Launch& launch) {
  return Family(launch).run();
}

}  // namespace treering::perf
