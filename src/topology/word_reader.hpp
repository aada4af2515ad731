// Reads a typed topology from left to right, word by word.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "topology/description.hpp"
#include "topology/words.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// The first mistake sticks, and nothing is taken after it.
class WordReader {
 public:
  WordReader(std::vector<Word> words, std::uint32_t largest_number)
      : words_(std::move(words)), largest_number_(largest_number) {}

  const Word& word(std::size_t ahead = 0) const { return words_[std::min(at_ + ahead, words_.size() - 1)]; }
  bool is_at(Word::Kind kind) const { return word().kind == kind; }
  bool is_at(std::string_view text) const { return word().text == text && !is_at(Word::Kind::end); }
  const std::optional<Error>& error() const { return error_; }

  void refuse(const Word& where, std::string_view why, std::string_view what_to_do);
  void skip() { ++at_; }

  /// Goes on behind the text if it comes next.
  bool takes(std::string_view text);
  /// One thing or several: "host" or "hosts".
  bool takes_noun(std::string_view singular);
  void expect(std::string_view text);
  void expect_noun(std::string_view singular);

  /// A whole number from 1 to the largest: the next word, or (part of) the current one. 1 after a mistake.
  std::uint32_t count();
  std::uint32_t number_in(std::string_view text);

  /// Figures with their units, as many as there are; each kind once.
  Speed speed();
  bool takes_figure(Speed& speed);

 private:
  std::vector<Word> words_;
  std::size_t at_ = 0;
  std::uint32_t largest_number_;
  std::optional<Error> error_;
};

inline constexpr std::string_view see_grammar = "see docs/topology.md";

}  // namespace treering::topology
