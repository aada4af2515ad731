#include "options/option_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

namespace treering {

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const std::string lower = lower_case(text);
  const std::size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  const auto number = parse_number(std::string_view(lower).substr(0, digits));
  const std::string unit = lower.substr(digits);
  int shift = -1;
  if (unit.empty() || unit == "b") shift = 0;
  if (unit == "k" || unit == "kib") shift = 10;
  if (unit == "m" || unit == "mib") shift = 20;
  if (unit == "g" || unit == "gib") shift = 30;
  if (!number || shift < 0 || *number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return *number << shift;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  std::uint64_t whole = bytes;
  std::size_t unit = 0;
  for (; whole != 0 && whole % 1024 == 0; ++unit) whole /= 1024;
  if (whole < 10'000) return std::to_string(whole) + units[unit];
  auto size = static_cast<double>(bytes);
  for (unit = 0; size >= 999.5; ++unit) size /= 1024;
  std::array<char, 16> text;
  const auto end = std::to_chars(text.begin(), text.end(), size, std::chars_format::general, 3).ptr;
  return std::string(text.begin(), end) + units[unit];
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::string lower = lower_case(text);
  if (lower == "none") return std::chrono::milliseconds(0);
  double number = 0;
  const auto [end, error] =
      std::from_chars(lower.data(), lower.data() + lower.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(lower.data() + lower.size() - end));
  double scale = 0;
  if (unit.empty() || unit == "s") scale = 1000;
  if (unit == "ms") scale = 1;
  if (unit == "min") scale = 60'000;
  constexpr double year = 365.0 * 24 * 3600 * 1000;
  if (scale == 0 || !(number >= 0) || number * scale > year) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(number * scale));
}

std::optional<PortRange> parse_ports(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last > 65535 || (*first == 0 && *last != 0)) return std::nullopt;
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  const std::string lower = lower_case(text);
  if (lower == "none") return LogLevel::none;
  if (lower == "error") return LogLevel::error;
  if (lower == "warning" || lower == "warn") return LogLevel::warning;
  if (lower == "info") return LogLevel::info;
  if (lower == "debug") return LogLevel::debug;
  return std::nullopt;
}

std::optional<std::string> log_level_of_nccl(std::string_view text) {
  const std::string lower = lower_case(text);
  if (lower == "version" || lower == "warn") return "warning";
  if (lower == "info") return "info";
  if (lower == "abort" || lower == "trace") return "debug";
  if (lower == "none" || lower.empty()) return "none";
  return std::nullopt;
}

std::optional<std::string> family_of_nccl(std::string_view text) {
  if (text == "AF_INET") return "4";
  if (text == "AF_INET6") return "6";
  return std::nullopt;
}

std::optional<std::string> rdma_of_nccl_disable(std::string_view text) {
  const auto disable = parse_number(text);
  if (!disable) return std::nullopt;
  return *disable == 0 ? "on" : "off";
}

std::optional<std::string> gid_index_of_nccl(std::string_view text) {
  return std::string(text == "-1" ? "auto" : text);
}

std::optional<std::string> window_of_nccl(std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes || *bytes == 0) return std::nullopt;
  return std::to_string(std::bit_floor(*bytes));  // any number there, a power of two here
}

std::optional<std::string> algorithm_of_nccl(std::string_view text) {
  const auto algorithm = [](const std::string& names) -> std::optional<std::string> {
    if (names.starts_with('^') || names.find(',') != std::string::npos) return "auto";
    if (names == "ring") return "ring";
    if (names == "tree") return "two-tree";
    return std::nullopt;
  };
  static constexpr std::pair<std::string_view, std::string_view> collectives[] = {
      {"allreduce", "all-reduce"}, {"broadcast", "broadcast"},          {"reduce", "reduce"},
      {"allgather", "all-gather"}, {"reducescatter", "reduce-scatter"},
  };
  const std::string lower = lower_case(text);
  if (lower.find(':') == std::string::npos) return algorithm(lower);
  std::string out;
  for (const std::string& part : parts_of(lower, ';')) {
    const std::size_t colon = part.find(':');
    if (colon == std::string::npos) return std::nullopt;
    const auto* const known =
        std::ranges::find(collectives, part.substr(0, colon), [](const auto& c) { return c.first; });
    const auto name = algorithm(part.substr(colon + 1));
    if (known == std::end(collectives) || !name) return std::nullopt;
    if (*name != "auto") out += (out.empty() ? "" : ",") + std::string(known->second) + ":" + *name;
  }
  return out.empty() ? "auto" : out;
}

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& known) {
  std::size_t least = name.size() / 3 + 1;  // more slips than this are another word
  std::optional<std::string> found;
  for (const std::string& candidate : known) {
    // Levenshtein distance, one row at a time.
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= name.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t replaced = diagonal + (name[i - 1] != candidate[j - 1]);
        diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
      }
    }
    if (row.back() >= least) continue;
    least = row.back();
    found = candidate;
  }
  return found;
}

}  // namespace treering
