#include "options/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace treering {
namespace {

std::string host_name() {
  char host[65] = {};
  gethostname(host, sizeof host - 1);
  return host;
}

/// The descriptor of the log; opened at the first line of each process, never closed.
int log_descriptor(const Options& options) {
  static std::mutex mutex;
  static pid_t owner = 0;  // after fork() the child's %p is another
  static int descriptor = STDERR_FILENO;
  const std::lock_guard lock(mutex);
  if (options.log_file.empty() || owner == getpid()) return descriptor;
  owner = getpid();
  const int opened = open(log_path(options.log_file).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  descriptor = opened < 0 ? STDERR_FILENO : opened;
  return descriptor;
}

}  // namespace

bool is_logged(LogLevel level) {
  return level <= options().log_level;
}

void log(LogLevel level, Rank rank, std::string_view text) {
  log_with(options(), level, rank, text);
}

void log_with(const Options& options, LogLevel level, Rank rank, std::string_view text) {
  if (level > options.log_level) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string line =
      log_line(level, rank, text, std::chrono::duration_cast<std::chrono::microseconds>(now).count()) + "\n";
  (void)!write(log_descriptor(options), line.data(), line.size());  // where should a failure to log be logged?
}

std::string log_line(LogLevel level, Rank rank, std::string_view text, std::int64_t unix_time_us) {
  static constexpr std::array<const char*, 5> levels = {"none", "error", "warning", "info", "debug"};
  const std::time_t seconds = static_cast<std::time_t>(unix_time_us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>(unix_time_us % 1'000'000));
  std::string line = std::string(stamp) + fraction + " " + host_name() + ":" + std::to_string(getpid()) + " ";
  if (rank != nobody) line += "rank " + std::to_string(rank) + " ";
  line += std::string(levels[static_cast<std::size_t>(level)]) + ": " + std::string(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string log_path(std::string_view pattern) {
  std::string path;
  for (std::size_t k = 0; k < pattern.size(); ++k) {
    const char next = k + 1 < pattern.size() ? pattern[k + 1] : '\0';
    if (pattern[k] != '%' || (next != 'h' && next != 'p' && next != '%')) {
      path += pattern[k];
      continue;
    }
    path += next == 'h' ? host_name() : next == 'p' ? std::to_string(getpid()) : "%";
    ++k;
  }
  return path;
}

}  // namespace treering
