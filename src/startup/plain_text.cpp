#include "startup/plain_text.hpp"

namespace treering {
namespace {

std::string plain(std::string_view text, bool keeps_line_feeds) {
  std::string plain;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const auto byte = static_cast<unsigned char>(text[k]);
    const auto next = static_cast<unsigned char>(k + 1 < text.size() ? text[k + 1] : 0);
    const bool is_pair = byte == 0xc2 && next >= 0x80 && next < 0xa0;
    const bool is_control = is_pair || (byte < 0x20 && !(keeps_line_feeds && byte == '\n')) || byte == 0x7f;
    plain += is_control ? '?' : text[k];
    if (is_pair) ++k;
  }
  return plain;
}

}  // namespace

std::string plain_line(std::string_view text) {
  return plain(text, false);
}

std::string plain_lines(std::string_view text) {
  return plain(text, true);
}

}  // namespace treering
