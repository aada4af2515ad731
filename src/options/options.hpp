// What can be set from outside, in one typed table: read once, documented from the same rows.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treering {

enum class LogLevel : std::uint8_t { none, error, warning, info, debug };

struct PortRange {
  std::uint16_t first = 0;  ///< 0: the system chooses
  std::uint16_t last = 0;
};

struct Options {
  LogLevel log_level = LogLevel::warning;
  std::string log_file;    ///< empty: standard error
  std::string interfaces;  ///< empty: all
  int address_family = 0;  ///< 4, 6, or 0 for both
  PortRange ports;
  std::chrono::milliseconds start_timeout{0};
  std::chrono::milliseconds connect_timeout{0};
  std::chrono::milliseconds operation_timeout{0};  ///< 0: none
  std::chrono::milliseconds silence_timeout{0};    ///< at least a second
  std::uint64_t window_bytes = 0;                  ///< 0: as window_for() says
  std::uint64_t slice_bytes = 0;
  std::string algorithm;
  std::string order;
  std::string transport;
  bool rdma = true;                ///< are RDMA devices used?
  std::string rdma_devices;        ///< a list, as verbs::Settings has it; empty: all
  int gid_index = -1;              ///< of RoCE; -1: by rule
  std::uint8_t retry_timeout = 0;  ///< 4.096 us times 2 to the power of it
  std::uint8_t retry_count = 0;    ///< 0 to 7
  std::uint8_t traffic_class = 0;  ///< of RoCE
  std::uint8_t service_level = 0;  ///< 0 to 15
  std::string topology;            ///< how hosts are connected: a file or a description; empty: nobody says
  bool topology_is_nccls = false;  ///< NCCL's variable says so, which is about what is in a host
  std::string constants;           ///< empty: where constants.hpp says; "none": none are stored
  std::chrono::microseconds spin{0};
  std::string rendezvous_directory;  ///< empty: chosen by launch.hpp
};

/// What one option is set to, and by whom.
struct OptionOrigin {
  std::string name;    ///< "TREERING_WINDOW"
  std::string value;   ///< as written
  std::string origin;  ///< "default", or the variable that set it
};

struct ParsedOptions {
  Options values;
  std::vector<OptionOrigin> origins;  ///< one an option, in the order of the table
  std::vector<std::string> warnings;  ///< unknown names, values that cannot be read (the default stands)
};

/// The value of an environment variable, or nothing.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Pure. `names`: all variables that are set, for the warnings about unknown ones.
ParsedOptions parse_options(const Lookup& lookup, const std::vector<std::string>& names);

/// Of this process: read from the environment at the first call; warnings are logged then. Any thread.
const ParsedOptions& parsed_options();
inline const Options& options() {
  return parsed_options().values;
}

/// One line an option: name, value, origin.
std::string describe(const std::vector<OptionOrigin>& origins);

/// docs/options.md.
std::string options_document();

}  // namespace treering
