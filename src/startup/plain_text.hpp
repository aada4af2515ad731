// Text that others wrote, for the terminals of people: names and messages of peers may hold anything.
#pragma once

#include <string>
#include <string_view>

namespace treering {

/// The text with '?' for each control character (ASCII's, and those of UTF-8 from U+0080 to U+009F): one line.
std::string plain_line(std::string_view text);

/// The same, but line feeds stay.
std::string plain_lines(std::string_view text);

}  // namespace treering
