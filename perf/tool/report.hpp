// The results, as text in the columns of nccl-tests, as JSON with its names, and as CSV.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "sizes.hpp"
#include "statistics.hpp"

namespace treering::perf {

/// One place (out of place, in place) of one line.
struct Measured {
  double time_us = 0;  ///< one operation, of the rank or the mean that -a asks for
  double alg_bw = 0;   ///< 1e9 bytes a second
  double bus_bw = 0;
  std::optional<std::uint64_t> wrong;  ///< elements, over all ranks; nothing if not checked
  Statistics samples_us;               ///< of the slowest rank in every sample
  std::vector<double> rank_times_us;   ///< the mean of each rank
  std::uint64_t calls = 0;             ///< timed on each rank
};

struct Line {
  Extent extent;
  DataType type = DataType::float32;
  Op op = Op::none;
  int root = -1;
  std::optional<Measured> out_of_place;  ///< nothing where only in place was measured
  Measured in_place;
  std::string timestamp;
};

/// A rank, as the header shows it.
struct Member {
  int rank = 0;
  int pid = 0;
  int thread = 0;
  std::string host;
};

struct Job {
  std::vector<Member> members;
  std::string summary;  ///< of the communicator, lines for people
  int cores = 0;        ///< of rank 0's host
};

struct Report {
  std::vector<std::string> args;
  std::vector<std::string> environment;
  std::string start_time, end_time;
  Job job;
  std::vector<Line> lines;
  std::string failure;  ///< empty: the run came to its end
};

double average_bus_bw(const std::vector<Line>& lines);
std::uint64_t lines_out_of_bounds(const std::vector<Line>& lines);

/// What NCCL_TESTS_MIN_BW asks for, if it is set to a number.
std::optional<double> minimum_bus_bw();
/// With the tolerance of nccl-tests: 90 % will do.
bool is_too_slow(double bus_bw, std::optional<double> minimum);

std::string header_text(const Settings& settings, const Job& job);
std::string columns_text(const Settings& settings);
std::string line_text(const Line& line, const Settings& settings);
/// Percentiles, ranks that lag, data out of bounds, average bandwidth.
std::string footer_text(const Settings& settings, const std::vector<Line>& lines);

std::string json_text(const Settings& settings, const Report& report);
std::string csv_text(const std::vector<Line>& lines);

/// "2026-01-31 12:00:00", local time.
std::string time_text();

}  // namespace treering::perf
