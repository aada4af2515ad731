// A failure on its way through the overlay.
#pragma once

#include "startup/encoding.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {

struct Cause {
  Error error;
  Rank origin = nobody;   ///< who has seen it
  bool is_death = false;  ///< a process has ended: it explains other causes
};

inline constexpr std::size_t longest_cause_text = 2000;

inline void encode(const Cause& cause, Encoder& out) {
  out.number(static_cast<std::uint8_t>(cause.error.code));
  out.number(static_cast<std::uint8_t>(cause.is_death));
  out.number(cause.origin);
  out.text(cause.error.message, longest_cause_text);
}

inline Cause decode_cause(Decoder& in) {
  Cause cause;
  const auto code = in.number<std::uint8_t>();
  if (code == 0 || code > static_cast<std::uint8_t>(Code::timeout)) in.fail();
  cause.error.code = static_cast<Code>(code);
  cause.is_death = in.number<std::uint8_t>() != 0;
  cause.origin = in.number<Rank>();
  cause.error.message = in.text(longest_cause_text);
  return cause;
}

}  // namespace treering
