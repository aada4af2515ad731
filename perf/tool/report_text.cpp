#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <numeric>

#include "call.hpp"
#include "report.hpp"
#include "version.hpp"

namespace treering::perf {
namespace {

/// As many digits after the point as the width allows, at most two.
std::string fitted(double value, int width) {
  for (int digits = 2; digits >= 0; --digits) {
    std::string text = fmt::format("{:{}.{}f}", value, width, digits);
    if (text.size() <= static_cast<std::size_t>(width)) return text;
  }
  return fmt::format("{:{}.{}e}", value, width, width >= 7 ? 1 : 0);
}

std::string place_text(const Measured& measured) {
  const std::string wrong =
      measured.wrong ? fmt::format("{:>6g}", static_cast<double>(*measured.wrong)) : fmt::format("{:>6}", "N/A");
  return fmt::format("  {}  {}  {}  {}", fitted(measured.time_us, 7), fitted(measured.alg_bw, 6),
                     fitted(measured.bus_bw, 6), wrong);
}

std::string members_text(const std::vector<Member>& members) {
  constexpr std::size_t most = 64;
  std::string text;
  for (const Member& member : members) {
    if (static_cast<std::size_t>(member.rank) >= most) {
      return text + fmt::format("#  ... and ranks {} to {}\n", most, members.size() - 1);
    }
    text +=
        fmt::format("#  Rank {:2} Pid {:6} Thread {:2} on {}\n", member.rank, member.pid, member.thread, member.host);
  }
  return text;
}

std::string percentiles_text(const std::vector<Line>& lines) {
  std::string text = "#\n# Time of an operation in us, slowest rank of each sample\n";
  text += fmt::format("# {:>10}  {:>8} {:>6}  {:>12}  {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "size", "type",
                      "redop", "place", "min", "avg", "p50", "p95", "p99", "stdev", "calls");
  for (const Line& line : lines) {
    const auto row = [&](const char* place, const Measured& measured) {
      const Statistics& s = measured.samples_us;
      text +=
          fmt::format("# {:>10}  {:>8} {:>6}  {:>12}  {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n", line.extent.bytes,
                      name_of(line.type), name_of(line.op), place, fitted(s.min, 9), fitted(s.avg, 9), fitted(s.p50, 9),
                      fitted(s.p95, 9), fitted(s.p99, 9), fitted(s.stdev, 9), measured.calls);
    };
    if (line.out_of_place) row("out-of-place", *line.out_of_place);
    row("in-place", line.in_place);
  }
  return text;
}

/// Who lags: the mean over all lines of each rank's time, against the mean of all ranks.
std::string stragglers_text(const std::vector<Line>& lines) {
  if (lines.empty() || lines.front().in_place.rank_times_us.size() < 2) return {};
  std::vector<double> shares(lines.front().in_place.rank_times_us.size());
  for (const Line& line : lines) {
    const std::vector<double>& times = line.in_place.rank_times_us;
    const double mean = std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
    for (std::size_t rank = 0; rank < times.size(); ++rank) {
      shares[rank] += (mean > 0 ? times[rank] / mean : 1) / static_cast<double>(lines.size());
    }
  }
  const auto [fast, slow] = std::minmax_element(shares.begin(), shares.end());
  return fmt::format("# Slowest rank         : {} ({:+.1f} % of the mean), fastest {} ({:+.1f} %)\n",
                     slow - shares.begin(), 100 * (*slow - 1), fast - shares.begin(), 100 * (*fast - 1));
}

}  // namespace

double average_bus_bw(const std::vector<Line>& lines) {
  double sum = 0;
  std::size_t places = 0;
  for (const Line& line : lines) {
    sum += line.in_place.bus_bw + (line.out_of_place ? line.out_of_place->bus_bw : 0);
    places += line.out_of_place ? 2 : 1;
  }
  return places == 0 ? 0 : sum / static_cast<double>(places);
}

std::uint64_t lines_out_of_bounds(const std::vector<Line>& lines) {
  std::uint64_t found = 0;
  for (const Line& line : lines) {
    found += line.in_place.wrong.value_or(0) != 0;
    found += line.out_of_place && line.out_of_place->wrong.value_or(0) != 0;
  }
  return found;
}

std::optional<double> minimum_bus_bw() {
  const char* text = std::getenv("NCCL_TESTS_MIN_BW");
  if (!text) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text) return std::nullopt;
  return value;
}

bool is_too_slow(double bus_bw, std::optional<double> minimum) {
  return minimum && bus_bw < 0.9 * *minimum;
}

std::string time_text() {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));
}

std::string header_text(const Settings& settings, const Job& job) {
  const Sweep& sweep = settings.sweep;
  const std::size_t processes = job.members.size() / static_cast<std::size_t>(settings.ranks_per_process());
  std::string text =
      fmt::format("# {}: {}, {} ranks\n", version_text(),
                  settings.traffic_file.empty() ? name_of(settings.kind) : settings.traffic_file, job.members.size());
  text += fmt::format(
      "# nProc {} nThread {} nGpus {} minBytes {} maxBytes {} step: {}({}) warmup iters: {} iters: {} agg iters: {} ",
      processes, settings.threads, settings.ranks_per_thread, sweep.first_bytes, sweep.last_bytes,
      sweep.step_factor > 1 ? sweep.step_factor : sweep.step_bytes, sweep.step_factor > 1 ? "factor" : "bytes",
      settings.warmup, settings.iterations, settings.aggregate);
  text += fmt::format("validation: {} graph: 0 unalign: {}\n", settings.checks, settings.unalign);
  if (settings.traffic_file.empty() && !has_places(settings.kind)) {
    text += fmt::format("# Note: {} has one form only, measured twice: there is no difference in place\n",
                        name_of(settings.kind));
  }
  for (const std::string& note : settings.notes) text += fmt::format("# Note: {}\n", note);
  text += fmt::format("#\n# Using ranks on host memory ({} cores here)\n", job.cores);
  text += members_text(job.members);
  text += fmt::format("#\n# transport: {}, algorithm: {}\n", settings.transport, settings.algorithm);
  std::string_view rest = job.summary;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += fmt::format("# {}\n", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

std::string columns_text(const Settings& settings) {
  const char* time = settings.cpu_time ? "cputime" : "time";
  std::string text = "#\n";
  text += fmt::format(
      "# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}           out-of-place                       in-place          \n", "", "",
      "", "", "");
  text +=
      fmt::format("# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}  {:>7}  {:>6}  {:>6}  {:>6}  {:>7}  {:>6}  {:>6}  {:>6}{}\n",
                  "size", "count", "type", "redop", "root", time, "algbw", "busbw", "#wrong", time, "algbw", "busbw",
                  "#wrong", settings.timestamps ? fmt::format("  {:>19}", "timestamp") : "");
  text += fmt::format("# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}  {:>7}  {:>6}  {:>6}  {:>6}  {:>7}  {:>6}  {:>6}  {:>6}\n",
                      "(B)", "(elements)", "", "", "", "(us)", "(GB/s)", "(GB/s)", "", "(us)", "(GB/s)", "(GB/s)", "");
  return text;
}

std::string line_text(const Line& line, const Settings& settings) {
  std::string text = fmt::format("{:>12}  {:>12}  {:>8}  {:>6}  {:>6}", line.extent.bytes, line.extent.count,
                                 name_of(line.type), name_of(line.op), line.root);
  text += (line.out_of_place ? place_text(*line.out_of_place) : std::string(33, ' ')) + place_text(line.in_place);
  if (settings.timestamps) text += "  " + line.timestamp;
  return text + "\n";
}

std::string footer_text(const Settings& settings, const std::vector<Line>& lines) {
  std::string text = percentiles_text(lines) + "#\n" + stragglers_text(lines);
  if (const std::string_view note = bus_factor_note(settings.kind); !note.empty())
    text += fmt::format("# Note: {}\n", note);
  const std::uint64_t wrong = lines_out_of_bounds(lines);
  const std::optional<double> minimum = minimum_bus_bw();
  const double bus_bw = average_bus_bw(lines);
  text += fmt::format("# {:<20} : {} {}\n", "Out of bounds values", wrong, wrong ? "FAILED" : "OK");
  text += fmt::format("# {:<20} : {:g} {}\n", "Avg bus bandwidth", bus_bw,
                      !minimum                       ? ""
                      : is_too_slow(bus_bw, minimum) ? "FAILED"
                                                     : "OK");
  return text + "#\n";
}

}  // namespace treering::perf
