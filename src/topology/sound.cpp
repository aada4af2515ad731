#include "topology/sound.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace treering::topology {
namespace {

std::string problem_of(const char* what, Figure figure, const char* unit) {
  if (figure.is_sound()) return "";
  return fmt::format("{} of {} {} (figures are finite and not negative) leave out what is not known", what,
                     figure.value(), unit);
}

/// Bytes of the sequence that this first byte begins; 0: none.
std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;  // in the middle of a sequence, or a longer spelling of ASCII
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/// Longer spellings, surrogates, and what lies beyond Unicode, by the second byte.
bool is_allowed(unsigned char first, unsigned char second) {
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second < 0xa0;
  if (first == 0xf0) return second >= 0x90;
  return first != 0xf4 || second < 0x90;
}

}  // namespace

std::string problem_of(const Capacity& capacity) {
  for (const Figure figure : {capacity.forward_gbs, capacity.back_gbs}) {
    if (!figure.is_sound()) return problem_of("a bandwidth", figure, "GB/s");
  }
  return problem_of("a latency", capacity.latency_us, "us");
}

std::string shown(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 40)) shown += c >= 0x20 && c < 0x7f ? c : '?';
  return shown + (text.size() > 40 ? ".." : "");
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = length_of(first);
    if (length == 0 || length > text.size()) return false;
    const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    if (!std::all_of(text.begin() + 1, text.begin() + length, continues)) return false;
    if (length > 1 && !is_allowed(first, static_cast<unsigned char>(text[1]))) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_name(std::string_view text, std::size_t limit) {
  const auto is_wrong = [](char c) { return c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && text.size() <= limit && std::none_of(text.begin(), text.end(), is_wrong) && is_utf8(text);
}

}  // namespace treering::topology
