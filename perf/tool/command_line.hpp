// What the user asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "names.hpp"
#include "sizes.hpp"

namespace treering::perf {

/// Exit codes of the tool, the worst of all processes.
enum Exit : int {
  exit_ok = 0,
  exit_wrong = 1,    ///< wrong data, or less bandwidth than NCCL_TESTS_MIN_BW asks for
  exit_usage = 2,    ///< the command line
  exit_failure = 3,  ///< the library, the system or a peer failed
};

/// Whose time is shown: -a.
enum class Average : std::uint8_t { first_rank, mean, fastest, slowest };

/// What is run instead of a sweep or a replay.
enum class Errand : std::uint8_t { none, constants, predictions };

struct Settings {
  Errand errand = Errand::none;
  std::string traffic_file;  ///< of `replay`; empty: a sweep of `kind`
  Kind kind = Kind::all_reduce;

  int processes = 0;  ///< --np; 0: this process is a rank of a job that somebody else started, or alone
  int threads = 1;
  int ranks_per_thread = 1;

  Sweep sweep;
  std::vector<DataType> types = {DataType::float32};
  std::vector<Op> ops = {Op::sum};
  std::optional<int> root = 0;  ///< nothing: every rank in turn

  std::uint64_t iterations = 20;
  std::uint64_t warmup = 1;
  std::uint64_t aggregate = 1;  ///< operations launched as one group
  std::uint64_t cycles = 1;     ///< 0: for ever
  std::uint64_t checks = 1;     ///< checked calls per line; 0: none
  int blocking = 0;
  int local_register = 0;
  int unalign = 0;
  int timeout_s = 0;
  Average average = Average::mean;
  bool cpu_time = false;
  bool timestamps = false;
  bool memory_report = false;

  std::string transport = "auto";
  std::string algorithm = "auto";
  std::string json_file;
  std::string csv_file;

  std::vector<std::string> notes;  ///< accepted, but without effect here

  int ranks_per_process() const { return threads * ranks_per_thread; }
};

/// Either settings, or what to print and the status to exit with (--help, --version, a mistake).
struct CommandLine {
  std::optional<Settings> settings;
  std::string text;
  int status = exit_ok;
};

CommandLine parse_command_line(int argc, const char* const* argv);

/// The value of TREERING_ALGORITHM: the algorithm for the collective that is measured, so that a name it does not have
/// is an error, and what the ranks of the tool tell one another goes as usual. For a replay: the name, for all that
/// have it.
std::string algorithm_option(const Settings& settings);

}  // namespace treering::perf
