#include "sizes.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace treering::perf {

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || value < 0 || !std::isfinite(value)) return std::nullopt;
  std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) return value < 0x1p63 ? std::optional(static_cast<std::uint64_t>(value)) : std::nullopt;
  if (unit.size() > 1 && (unit.substr(1) == "B" || unit.substr(1) == "iB")) unit = unit.substr(0, 1);
  if (unit.size() != 1) return std::nullopt;
  switch (std::toupper(static_cast<unsigned char>(unit[0]))) {
    case 'K': value *= 0x1p10; break;
    case 'M': value *= 0x1p20; break;
    case 'G': value *= 0x1p30; break;
    default: return std::nullopt;
  }
  return value < 0x1p63 ? std::optional(static_cast<std::uint64_t>(value)) : std::nullopt;
}

std::vector<std::uint64_t> Sweep::sizes() const {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t bytes = first_bytes; bytes <= last_bytes;) {
    sizes.push_back(bytes);
    const std::uint64_t next = step_factor > 1 ? bytes * step_factor : bytes + step_bytes;
    if (next <= bytes) break;  // from 0 by a factor, or by a step of 0: there is no other size
    bytes = next;
  }
  return sizes;
}

Extent extent_of_count(Kind kind, std::uint64_t count, DataType type, int ranks) {
  const std::uint64_t all = count * static_cast<std::uint64_t>(ranks);
  Extent found{count, count, count, 0};
  if (kind == Kind::all_gather) found.recv = all;
  if (kind == Kind::reduce_scatter) found.send = all;
  if (kind == Kind::barrier) found = {};
  found.bytes = std::max(found.send, found.recv) * size_of(type);
  return found;
}

Extent extent(Kind kind, std::uint64_t bytes, DataType type, int ranks) {
  std::uint64_t count = bytes / size_of(type);
  if (kind == Kind::all_gather || kind == Kind::reduce_scatter) count /= static_cast<std::uint64_t>(ranks);
  return extent_of_count(kind, count, type, ranks);
}

double bus_factor(Kind kind, int ranks) {
  const double n = ranks;
  switch (kind) {
    case Kind::all_reduce: return 2 * (n - 1) / n;
    case Kind::all_gather:
    case Kind::reduce_scatter: return (n - 1) / n;
    case Kind::barrier: return 0;
    default: return 1;
  }
}

std::string_view bus_factor_note(Kind kind) {
  switch (kind) {
    case Kind::scan:
    case Kind::exscan:
      return "busbw = algbw x 1: every rank but the last must send, and every rank but the first receive, size bytes";
    case Kind::barrier: return "a barrier moves no data: algbw and busbw are 0, time is what counts";
    default: return "";
  }
}

}  // namespace treering::perf
