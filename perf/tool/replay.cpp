#include "replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "call.hpp"
#include "check.hpp"
#include "exchange.hpp"
#include "memory.hpp"
#include "timing.hpp"
#include "traffic.hpp"

namespace treering::perf {
namespace {

constexpr std::uint64_t seed = 0x73746570;

/// One distinct collective of the step.
struct Entry {
  Traffic traffic;
  std::uint64_t calls = 0;  ///< in one step
  double total_s = 0;       ///< on this rank, over all timed steps
  std::vector<double> samples_us;
  std::uint64_t wrong = 0;
};

class Step {
 public:
  Step(Communicator& communicator, std::vector<Traffic> traffic)
      : communicator_(communicator), traffic_(std::move(traffic)) {
    for (const Traffic& call : traffic_) {
      auto entry =
          std::find_if(entries_.begin(), entries_.end(), [&](const Entry& known) { return known.traffic == call; });
      if (entry == entries_.end()) entry = entries_.insert(entry, Entry{call, 0, 0, {}, 0});
      ++entry->calls;
      entry_of_.push_back(static_cast<std::size_t>(entry - entries_.begin()));
    }
  }

  Result<void> allocate(Memory::Home home) {
    std::uint64_t most = 0, most_apart = 0;
    for (const Traffic& call : traffic_) {
      most = std::max(most, call.extent.bytes);
      if (call.kind == Kind::sendrecv) most_apart = std::max(most_apart, call.extent.bytes);
    }
    Result<Memory> buffer = Memory::make(most, home);
    Result<Memory> other = Memory::make(most_apart, home);
    if (!buffer || !other) return buffer ? other.error() : buffer.error();
    buffer_ = std::move(*buffer);
    other_ = std::move(*other);
    return {};
  }

  /// Seconds that the step took here; the times of its calls go to the entries if it is `timed`.
  Result<double> run(bool timed) {
    if (Result<void> together = communicator_.barrier(); !together) return together.error();
    const double begin = now_s();
    double before = begin;
    for (std::size_t k = 0; k < traffic_.size(); ++k) {
      Call call = made(traffic_[k]);
      if (Result<void> called = call(); !called) return called.error();
      const double after = now_s();
      if (timed) {
        entries_[entry_of_[k]].total_s += after - before;
        entries_[entry_of_[k]].samples_us.push_back(1e6 * (after - before));
      }
      before = after;
    }
    return before - begin;
  }

  /// The step once more, with data that is checked.
  Result<void> check(Console& console) {
    for (std::size_t k = 0; k < traffic_.size(); ++k) {
      console.progress(fmt::format("checking collective {} of {}", k + 1, traffic_.size()));
      const Values values = values_for(traffic_[k]);
      Call call = made(traffic_[k]);
      const auto wrong = checked_call(communicator_, call, shape_of(traffic_[k]), values, k);
      if (!wrong) return wrong.error();
      entries_[entry_of_[k]].wrong += *wrong;
    }
    return {};
  }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  static Shape shape_of(const Traffic& call) { return {call.kind, call.type, call.op, 0, call.extent}; }
  Values values_for(const Traffic& call) const { return Values(call.type, call.op, communicator_.ranks(), seed); }
  Call made(const Traffic& call) {
    const std::uint64_t scale = call.op == Op::mulsum ? values_for(call).scale_bits(communicator_.rank()) : 0;
    return Call(communicator_, shape_of(call), Where::in_place, other_.data(), buffer_.data(), scale);
  }

  Communicator& communicator_;
  std::vector<Traffic> traffic_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> entry_of_;
  Memory buffer_, other_;
};

/// What rank 0 shows of an entry, after all ranks have told their times.
Result<Line> line_of(Communicator& communicator, const Entry& entry, const Settings& settings) {
  const auto operations = static_cast<double>(entry.calls * settings.iterations);
  const auto times = gather(communicator, 1e6 * entry.total_s / operations);
  if (!times) return times.error();
  Line line;
  line.extent = entry.traffic.extent;
  line.type = entry.traffic.type;
  line.op = entry.traffic.op;
  line.root = has_root(entry.traffic.kind) ? 0 : -1;
  Measured& measured = line.in_place;
  measured.rank_times_us = *times;
  measured.time_us = std::accumulate(times->begin(), times->end(), 0.0) / static_cast<double>(times->size());
  measured.alg_bw = measured.time_us > 0 ? static_cast<double>(line.extent.bytes) / (1e3 * measured.time_us) : 0;
  measured.bus_bw = measured.alg_bw * bus_factor(entry.traffic.kind, communicator.ranks());
  measured.samples_us = statistics_of(entry.samples_us);
  measured.calls = entry.calls;
  if (settings.checks > 0) measured.wrong = entry.wrong;
  return line;
}

std::string table_text(const std::vector<Entry>& entries, const std::vector<Line>& lines) {
  double step_us = 0;
  for (const Line& line : lines) step_us += line.in_place.time_us * static_cast<double>(line.in_place.calls);
  std::string text = fmt::format(
      "#\n# {:>13}  {:>8}  {:>6}  {:>12}  {:>12}  {:>5}  {:>10}  {:>6}  {:>7}  {:>7}  {:>6}\n", "collective", "type",
      "redop", "count", "size", "calls", "total", "share", "algbw", "busbw", "#wrong");
  text += fmt::format("# {:>13}  {:>8}  {:>6}  {:>12}  {:>12}  {:>5}  {:>10}  {:>6}  {:>7}  {:>7}  {:>6}\n", "", "", "",
                      "(elements)", "(B)", "", "(ms)", "(%)", "(GB/s)", "(GB/s)", "");
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const Measured& measured = lines[k].in_place;
    const double total_us = measured.time_us * static_cast<double>(measured.calls);
    text += fmt::format(
        "  {:>13}  {:>8}  {:>6}  {:>12}  {:>12}  {:>5}  {:>10.3f}  {:>6.1f}  {:>7.2f}  {:>7.2f}  {:>6}\n",
        name_of(entries[k].traffic.kind), name_of(lines[k].type), name_of(lines[k].op), lines[k].extent.count,
        lines[k].extent.bytes, measured.calls, 1e-3 * total_us, step_us > 0 ? 100 * total_us / step_us : 0,
        measured.alg_bw, measured.bus_bw, measured.wrong ? fmt::format("{}", *measured.wrong) : "N/A");
  }
  return text;
}

std::string totals_text(const std::vector<Line>& lines, const std::vector<double>& steps_s) {
  std::uint64_t calls = 0, bytes = 0;
  for (const Line& line : lines) {
    calls += line.in_place.calls;
    bytes += line.in_place.calls * line.extent.bytes;
  }
  const Statistics steps = statistics_of(steps_s);
  const std::uint64_t wrong = lines_out_of_bounds(lines);
  std::string text = fmt::format(
      "#\n# One step             : {:.3f} ms ({:.3f} to {:.3f} in {} steps), {} collectives, {:.3f} GB, {:.2f} GB/s\n",
      1e3 * steps.avg, 1e3 * steps.min, 1e3 * steps.max, steps_s.size(), calls, 1e-9 * static_cast<double>(bytes),
      1e-9 * static_cast<double>(bytes) / std::max(steps.avg, 1e-12));
  return text + fmt::format("# {:<20} : {} {}\n#\n", "Out of bounds values", wrong, wrong ? "FAILED" : "OK");
}

/// Seconds of every timed step, on the slowest rank.
Result<std::vector<double>> timed_steps(Communicator& communicator, Step& step, const Settings& settings,
                                        Console& console) {
  std::vector<double> steps_s;
  for (std::uint64_t k = 0; k < settings.warmup + settings.iterations; ++k) {
    console.progress(fmt::format("step {} of {}", k + 1, settings.warmup + settings.iterations));
    const Result<double> here = step.run(k >= settings.warmup);
    if (!here) return here.error();
    const auto all = gather(communicator, *here);
    if (!all) return all.error();
    if (k >= settings.warmup) steps_s.push_back(*std::max_element(all->begin(), all->end()));
  }
  return steps_s;
}

}  // namespace

Result<void> replay(Communicator& communicator, const Settings& settings, Console& console, Report& report) {
  Result<std::vector<Traffic>> traffic = read_traffic(settings.traffic_file, communicator.ranks());
  if (!traffic) return traffic.error();
  Step step(communicator, std::move(*traffic));
  const Memory::Home home = settings.local_register ? Memory::Home::of_the_library : Memory::Home::own;
  if (Result<void> allocated = step.allocate(home); !allocated) return allocated;
  const Result<std::vector<double>> steps_s = timed_steps(communicator, step, settings, console);
  if (!steps_s) return steps_s.error();
  if (settings.checks > 0) {
    if (Result<void> checked = step.check(console); !checked) return checked;
  }
  for (const Entry& entry : step.entries()) {
    Result<Line> line = line_of(communicator, entry, settings);
    if (!line) return std::move(line).error();
    report.lines.push_back(std::move(*line));
  }
  console.print(table_text(step.entries(), report.lines) + totals_text(report.lines, *steps_s));
  return {};
}

}  // namespace treering::perf
