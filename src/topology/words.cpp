#include "topology/words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace treering::topology {
namespace {

constexpr std::size_t longest_text = 4096;
constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view in_words = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/";

bool is_one_of(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

/// How many characters from the beginning are of the set.
std::size_t length_of(std::string_view set, std::string_view text) {
  return std::min(text.find_first_not_of(set), text.size());
}

/// Length of a number or of extents that the text begins with.
std::size_t length_of_number(std::string_view text, Word::Kind& kind) {
  std::size_t length = length_of(digits, text);
  const auto goes_on = [&](char sign) {
    return length + 1 < text.size() && text[length] == sign && is_one_of(digits, text[length + 1]);
  };
  kind = Word::Kind::number;
  if (goes_on('.')) return length + 1 + length_of(digits, text.substr(length + 1));
  while (goes_on('x')) {
    kind = Word::Kind::extents;
    length += 1 + length_of(digits, text.substr(length + 1));
  }
  return length;
}

}  // namespace

Error wrong(const Word& word, std::string_view why, std::string_view what_to_do) {
  const std::string what = word.kind == Word::Kind::end ? "the end" : fmt::format("'{}'", word.text.substr(0, 40));
  return {Code::invalid_argument, fmt::format("{} at column {} ({}) {}", what, word.column, why, what_to_do)};
}

Result<std::vector<Word>> words(std::string_view text) {
  if (text.size() > longest_text) {
    return Error{Code::invalid_argument,
                 fmt::format("the topology's text has {} characters (texts have at most {}) write a "
                             "file instead",
                             text.size(), longest_text)};
  }
  std::vector<Word> words;
  for (std::size_t at = 0;;) {
    at = std::min(text.find_first_not_of(" \t\n", at), text.size());
    Word word{.text = text.substr(at), .column = at + 1};
    if (at == text.size()) {
      words.push_back(word);
      return words;
    }
    std::size_t length = 1;
    if (is_one_of(digits, text[at])) {
      length = length_of_number(word.text, word.kind);
    } else if (is_one_of(letters, text[at])) {
      word.kind = Word::Kind::word;
      length = length_of(in_words, word.text);
    } else if (is_one_of("(),:", text[at])) {
      word.kind = Word::Kind::sign;
    } else {
      const unsigned value = static_cast<unsigned char>(text[at]);
      return Error{
          Code::invalid_argument,
          fmt::format(
              "character {:#04x} at column {} (texts are made of letters, digits and ( ) , : . - /) take it out", value,
              at + 1)};
    }
    word.text = word.text.substr(0, length);
    words.push_back(word);
    at += length;
  }
}

}  // namespace treering::topology
