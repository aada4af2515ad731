// What the user asks for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tools/run/hosts.hpp"

namespace treering::run {

/// Exit codes of the tool itself; otherwise that of the first rank that failed.
enum Exit : int {
  exit_ok = 0,
  exit_usage = 2,
  exit_failure = 125,  ///< a host or a rank could not be started, or was lost
};

struct Settings {
  std::vector<Share> shares;
  std::vector<std::string> command;
  std::vector<std::string> ssh;  ///< and the options that it gets before the host
  std::string remote_path;       ///< of this program, on other hosts
  std::string directory;
  std::vector<std::string> carried;  ///< variables: NAME, or NAME=VALUE
  int processors = -1;               ///< as Assignment has it
  bool tag = false;
  std::chrono::milliseconds grace{3000};

  int ranks() const { return shares.back().first + shares.back().count; }
};

/// Either settings, or what to print and the status to exit with (--help, --version, a mistake).
struct CommandLine {
  std::optional<Settings> settings;
  std::string text;
  int status = exit_ok;
};

CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace treering::run
