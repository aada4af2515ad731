#include "topology/infiniband/ibnetdiscover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "topology/infiniband/ibnetdiscover_lines.hpp"
#include "topology/infiniband/rate.hpp"

namespace treering::topology {
namespace {

/// Empty lines, comments, headings of -g, and what the library reports on the way.
bool says_nothing(std::string_view line) {
  constexpr std::array<std::string_view, 7> beginnings = {
      "#", "DR path ", "Chassis ", "Hostname: ", "Non-Chassis", "ibwarn: ", "ibdebug: "};
  return line.find_first_not_of(" \t") == std::string_view::npos ||
         std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return line.starts_with(beginning); });
}

bool is_port_line(std::string_view line) {
  return line.starts_with("SW ") || line.starts_with("CA ") || line.starts_with("RT ") || line.starts_with("?? ");
}

/// Hands on the lines that say something to the format that the first of them is of.
class Reading {
 public:
  explicit Reading(Fabric& fabric) : fabric_(fabric) {}

  std::string take(std::string_view line) {
    if (says_nothing(line)) return "";
    if (format_.index() == 0) {
      if (is_port_line(line)) {
        format_.emplace<PortLines>(fabric_);
      } else {
        format_.emplace<DeviceLines>(fabric_);
      }
    }
    if (PortLines* const ports = std::get_if<PortLines>(&format_)) return ports->take(line);
    return std::get<DeviceLines>(format_).take(line);
  }

  std::string finish() {
    if (PortLines* const ports = std::get_if<PortLines>(&format_)) return ports->finish();
    return "";
  }

 private:
  Fabric& fabric_;
  std::variant<std::monostate, PortLines, DeviceLines> format_;
};

}  // namespace

bool takes_width(TextCursor& line, CableRate& rate) {
  if (line.takes("??")) return true;
  std::uint16_t lanes = 0;
  TextCursor ahead = line;
  if (!ahead.takes_number(lanes) || lanes == 0 || !ahead.rest().starts_with('x')) return false;
  ahead.takes("x");
  line = ahead;
  rate.width = lanes;
  return true;
}

bool takes_speed(TextCursor& line, CableRate& rate) {
  TextCursor ahead = line;
  const std::string_view word = ahead.word();
  const auto is_part = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '?'; };
  if (word.empty() || word.size() > 8 || !std::all_of(word.begin(), word.end(), is_part)) return false;
  rate.lane_gts = infiniband_gts(word);
  line = ahead;
  return true;
}

Result<Topology> topology_from_ibnetdiscover(std::string_view text, const std::string& file, const Limits& limits) {
  Fabric fabric(file, limits);
  if (text.size() > limits.file_bytes) {
    return fabric.error_at(1, fmt::format("there are more than {} bytes (files are bounded) leave out what does not "
                                          "matter",
                                          limits.file_bytes));
  }
  Reading reading(fabric);
  while (!text.empty()) {
    fabric.at_line(fabric.line() + 1);
    const std::size_t end = std::min(text.size(), text.find('\n'));
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const std::string problem = reading.take(line); !problem.empty())
      return fabric.error_at(fabric.line(), problem);
  }
  if (const std::string problem = reading.finish(); !problem.empty()) return fabric.error_at(fabric.line(), problem);
  if (fabric.devices().empty()) {
    return fabric.error_at(fabric.line(),
                           "there is no device up to here (the output of ibnetdiscover has the one that it runs "
                           "on at least) read another file");
  }
  return topology_of(fabric, limits);
}

}  // namespace treering::topology
