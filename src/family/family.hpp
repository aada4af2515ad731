// Processes of this host that belong together, from the first fork to the last wait: what treering-run and
// `treering-perf --np` start ranks with.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "transports/transport.hpp"
#include "treering/result.hpp"

namespace treering {

struct FamilySettings {
  int processes = 1;
  /// Processors for each, its own, where the family may use as many in all. 0: all processes go where they like.
  int processors = 1;
  /// Each leads a process group: what a terminal sends does not reach it, and what it has started ends with it.
  bool own_groups = false;
  /// Called in each child with its number and what is handed out. What it returns is the child's exit status.
  std::function<int(int index, const std::string& shared)> child = {};
};

/// No child outlives this process. Start it before any thread. While it lives, signals come by it alone.
class ProcessFamily {
 public:
  struct Ended {
    int index;
    pid_t pid;
    int status;  ///< 128 + signal where one killed it
    int signal;  ///< or 0
  };

  explicit ProcessFamily(FamilySettings settings);
  /// Kills who is left.
  ~ProcessFamily();
  ProcessFamily(const ProcessFamily&) = delete;
  ProcessFamily& operator=(const ProcessFamily&) = delete;

  /// Forks. Children wait until something is handed out. An error: some may run, and are to be ended.
  Result<void> start();
  /// At most PIPE_BUF bytes; an empty text ends the children. False: not all have got it.
  bool hand_out(const std::string& shared);

  /// Readable when there is something to reap, or a signal to take.
  int descriptor() const { return signals_.get(); }
  /// The next signal that this process has got, but for SIGCHLD.
  std::optional<int> take_signal();
  std::vector<Ended> reap();
  bool is_running() const;

  void pass_on(int signal) const;
  /// Asks all to go. Whoever has not gone a second later is killed, by escalate().
  void end();
  bool is_ending() const { return ending_; }
  void escalate();

 private:
  struct Child {
    pid_t pid = -1;
    Descriptor pipe;  ///< our end: what is handed out is written here
    bool running = true;
  };
  [[noreturn]] void become_child(int index, int pipe, pid_t parent);

  FamilySettings settings_;
  sigset_t before_{};
  Descriptor signals_;
  std::vector<Child> children_;
  bool ending_ = false;
  std::chrono::steady_clock::time_point deadline_;
};

/// Processors that this process may use.
int offered_processors();

}  // namespace treering
