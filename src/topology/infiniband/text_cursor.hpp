// Goes along a line of text.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

namespace treering::topology {

/// Every call takes what it names and goes on behind it, or says false and stays.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }

  void skip_space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
  }

  /// White space may stand before it.
  bool takes(std::string_view text) {
    const TextCursor before = *this;
    skip_space();
    if (!rest_.starts_with(text)) {
      *this = before;
      return false;
    }
    rest_.remove_prefix(text.size());
    return true;
  }

  /// A whole number up to the largest of its type; white space may stand before it.
  template <class Number>
  bool takes_number(Number& number, int base = 10) {
    const TextCursor before = *this;
    skip_space();
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number, base);
    if (error != std::errc()) {
      *this = before;
      return false;
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }

  /// What stands up to white space.
  std::string_view word() {
    skip_space();
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t"));
    rest_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view rest_;
};

}  // namespace treering::topology
