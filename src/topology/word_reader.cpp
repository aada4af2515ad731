#include "topology/word_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>

namespace treering::topology {
namespace {

struct Unit {
  std::string_view name;
  bool is_rate;
  double factor;  // of GB/s or of us
};
constexpr std::array<Unit, 9> units{{{"MB/s", true, 1e-3},
                                     {"GB/s", true, 1},
                                     {"TB/s", true, 1e3},
                                     {"Mb/s", true, 1e-3 / 8},
                                     {"Gb/s", true, 1.0 / 8},
                                     {"Tb/s", true, 1e3 / 8},
                                     {"ns", false, 1e-3},
                                     {"us", false, 1},
                                     {"ms", false, 1e3}}};

/// What people mean as a unit of rate, though it is none: "gb/s", "Gbps", "Gbit/s".
bool looks_like_a_rate(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.ends_with("bps") || text.ends_with("Bps");
}

}  // namespace

void WordReader::refuse(const Word& where, std::string_view why, std::string_view what_to_do) {
  if (!error_) error_ = wrong(where, why, what_to_do);
}

bool WordReader::takes(std::string_view text) {
  if (error_ || !is_at(text)) return false;
  skip();
  return true;
}

bool WordReader::takes_noun(std::string_view singular) {
  return takes(singular) || takes(std::string(singular) + "s");
}

void WordReader::expect(std::string_view text) {
  if (!takes(text)) refuse(word(), fmt::format("'{}' is expected", text), see_grammar);
}

void WordReader::expect_noun(std::string_view singular) {
  if (!takes_noun(singular)) refuse(word(), fmt::format("'{}s' is expected", singular), see_grammar);
}

std::uint32_t WordReader::count() {
  const std::uint32_t number = number_in(word().text);
  skip();
  return number;
}

std::uint32_t WordReader::number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = problem == std::errc() && end == text.data() + text.size();
  if (is_whole && number >= 1 && number <= largest_number_) return number;
  refuse(word(), fmt::format("a whole number from 1 to {} is expected", largest_number_), "write one");
  return 1;
}

Speed WordReader::speed() {
  Speed speed;
  while (takes_figure(speed)) {
  }
  return speed;
}

bool WordReader::takes_figure(Speed& speed) {
  const Word& name = word(1);
  if (error_ || !is_at(Word::Kind::number) || name.kind != Word::Kind::word) return false;
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& one) { return one.name == name.text; });
  if (unit == units.end()) {
    if (!looks_like_a_rate(name.text)) return false;
    refuse(name, "rates are MB/s, GB/s, TB/s in bytes or Mb/s, Gb/s, Tb/s in bits", "write one of these");
    return false;
  }
  Figure& figure = unit->is_rate ? speed.gbs : speed.latency_us;
  if (figure.is_known()) refuse(word(), "this was said already", "say it once");
  double number = 0;
  std::from_chars(word().text.data(), word().text.data() + word().text.size(), number);
  figure = number * unit->factor;
  if (!figure.is_sound() || figure.value() > 1e9)
    refuse(word(), "figures go to 1e9 GB/s or us", "choose a smaller one");
  at_ += 2;
  return true;
}

}  // namespace treering::topology
