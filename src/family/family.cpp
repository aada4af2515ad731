#include "family/family.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace treering {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int exit_nothing_shared = 3;

sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) sigaddset(&set, signal);
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
void take_own_processors(int processes, int each, int index) {
  cpu_set_t offered, own;
  if (each == 0 || sched_getaffinity(0, sizeof offered, &offered) != 0) return;
  if (CPU_COUNT(&offered) < processes * each) return;
  CPU_ZERO(&own);
  int seen = 0;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &offered)) continue;
    if (seen++ / each == index) CPU_SET(processor, &own);
  }
  sched_setaffinity(0, sizeof own, &own);
}

}  // namespace

int offered_processors() {
  cpu_set_t offered;
  return sched_getaffinity(0, sizeof offered, &offered) == 0 ? CPU_COUNT(&offered) : 1;
}

ProcessFamily::ProcessFamily(FamilySettings settings) : settings_(std::move(settings)) {
  const sigset_t awaited = awaited_signals();
  sigprocmask(SIG_BLOCK, &awaited, &before_);
  signals_.reset(signalfd(-1, &awaited, SFD_NONBLOCK | SFD_CLOEXEC));
}

ProcessFamily::~ProcessFamily() {
  pass_on(SIGKILL);
  for (const Child& child : children_)
    if (child.running) waitpid(child.pid, nullptr, 0);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void ProcessFamily::become_child(int index, int pipe, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(exit_nothing_shared);  // it died before prctl
  if (settings_.own_groups) setpgid(0, 0);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
  take_own_processors(settings_.processes, settings_.processors, index);
  children_.clear();  // a sibling must see the end of its pipe
  signals_.reset();
  const std::string shared = read_to_end(pipe);
  close(pipe);
  // An ordinary exit: the library says its goodbyes and removes its socket.
  std::exit(shared.empty() ? exit_nothing_shared : settings_.child(index, shared));
}

Result<void> ProcessFamily::start() {
  const pid_t parent = getpid();
  std::fflush(nullptr);
  for (int index = 0; index < settings_.processes; ++index) {
    int ends[2];
    const bool piped = pipe2(ends, O_CLOEXEC) == 0;
    const pid_t pid = piped ? fork() : -1;
    if (pid < 0) {
      Error error{Code::system_error, "cannot start process " + std::to_string(index) + " of " +
                                          std::to_string(settings_.processes) + " (" + std::strerror(errno) +
                                          ") ask for fewer, or raise ulimit -u and -n"};
      if (piped) close(ends[0]), close(ends[1]);
      return error;
    }
    if (pid == 0) {
      close(ends[1]);
      become_child(index, ends[0], parent);
    }
    if (settings_.own_groups) setpgid(pid, pid);  // whoever comes first, it or we
    close(ends[0]);
    children_.push_back({pid, Descriptor(ends[1]), true});
  }
  return {};
}

bool ProcessFamily::hand_out(const std::string& shared) {
  signal(SIGPIPE, SIG_IGN);  // after the forks: children keep the default
  bool all = !shared.empty();
  for (Child& child : children_) {
    all = write(child.pipe.get(), shared.data(), shared.size()) == static_cast<ssize_t>(shared.size()) && all;
    child.pipe.reset();
  }
  return all;
}

std::optional<int> ProcessFamily::take_signal() {
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == sizeof info)
    if (info.ssi_signo != SIGCHLD) return static_cast<int>(info.ssi_signo);
  return std::nullopt;
}

std::vector<ProcessFamily::Ended> ProcessFamily::reap() {
  std::vector<Ended> ended;
  for (std::size_t index = 0; index < children_.size(); ++index) {
    Child& child = children_[index];
    siginfo_t info{};
    if (!child.running || waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid != child.pid)
      continue;
    // Until it is waited for, nobody else can have its number.
    if (settings_.own_groups) kill(-child.pid, SIGKILL);
    int status = 0;
    waitpid(child.pid, &status, 0);
    child.running = false;
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ended.push_back({static_cast<int>(index), child.pid, signal ? 128 + signal : WEXITSTATUS(status), signal});
  }
  return ended;
}

bool ProcessFamily::is_running() const {
  return std::ranges::any_of(children_, [](const Child& child) { return child.running; });
}

void ProcessFamily::pass_on(int signal) const {
  for (const Child& child : children_)
    if (child.running) kill(settings_.own_groups ? -child.pid : child.pid, signal);
}

void ProcessFamily::end() {
  pass_on(ending_ ? SIGKILL : SIGTERM);
  ending_ = true;
  deadline_ = Clock::now() + std::chrono::seconds(1);
}

void ProcessFamily::escalate() {
  if (ending_ && Clock::now() >= deadline_) end();
}

}  // namespace treering
