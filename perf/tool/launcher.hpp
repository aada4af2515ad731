// Processes on this host: the ranks of --np.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace treering::perf {

struct Launch {
  int processes = 1;
  /// Threads of a process that want a core each. If all processes together find as many cores, each gets its own.
  int threads = 1;
  /// Called in the launcher once all processes run: what they share, or an empty text if that failed. Every child gets
  /// it.
  std::function<std::string()> share;
  /// Called in each child with its number and what is shared. What it returns is the child's exit status.
  std::function<int(int index, const std::string& shared)> child;
  /// After the first failure the others may still report it, for this long; then they are ended.
  std::chrono::milliseconds grace{3000};
};

/// Forks, waits for all children, and returns the worst status (128 + signal where one was killed). SIGINT and SIGTERM
/// are passed on. No child outlives the launcher. Call it before any thread is started.
int launch(const Launch& launch);

}  // namespace treering::perf
