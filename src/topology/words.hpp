// The words of a typed topology, with the columns at which they stand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "treering/result.hpp"

namespace treering::topology {

/// A number (digits, perhaps with a fraction), a word (letters, then letters, digits, '-' and '/'), extents ("4x4x8"),
/// or one of ( ) , : and the end.
struct Word {
  enum class Kind : std::uint8_t { number, word, extents, sign, end };

  Kind kind = Kind::end;
  std::string_view text;   ///< lies in the text that was cut
  std::size_t column = 0;  ///< from 1
};

/// The words of a text, the last of them its end. At most 4096 characters.
Result<std::vector<Word>> words(std::string_view text);

/// "'tree' at column 5 (why) what to do".
Error wrong(const Word& word, std::string_view why, std::string_view what_to_do);

}  // namespace treering::topology
