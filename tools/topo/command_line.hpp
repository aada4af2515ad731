// What the user asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schedule/collective.hpp"

namespace treering::topo {

/// Exit codes of the tool.
enum Exit : int {
  exit_ok = 0,
  exit_found = 1,  ///< --check found something, --diff a difference
  exit_wrong = 2,  ///< the command line or an input is wrong
};

enum class View : std::uint8_t { show, plan, explain, check, difference, job };
enum class Format : std::uint8_t { matrix, tree, json, nccl, dot, svg };

/// The InfiniBand fabric that this host is on, by an adapter and a port of it.
struct FabricChoice {
  std::string adapter = {};  ///< empty: the first with an active port
  int port = 0;              ///< 0: the first that is active
};

struct Settings {
  std::vector<std::string> inputs;  ///< none: this host; two for `difference`; otherwise several only to be merged
  std::optional<FabricChoice> fabric = {};  ///< instead of inputs
  bool measure = false;                     ///< only of this host
  bool redact = false;
  View view = View::show;
  Format format = Format::matrix;                                   ///< of `show`
  std::optional<Collective> collective = {};                        ///< of `plan`; none: all
  std::vector<std::uint64_t> sizes = {1 << 10, 1 << 20, 64 << 20};  ///< of `plan`: bytes of the whole vector
  std::string from = {}, to = {};                                   ///< of `explain`
  std::string job = {};                                             ///< of `job`: the PID
};

/// Either settings, or what to print and the status to exit with (--help, --version, a mistake).
struct CommandLine {
  std::optional<Settings> settings;
  std::string text;
  int status = exit_ok;
};

CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace treering::topo
