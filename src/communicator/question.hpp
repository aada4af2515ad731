// What a rank that waits too long asks the peer it waits for: "my collective number N is this one; what is yours?" The
// answer tells a peer that is late from one that is somewhere else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "communicator/history.hpp"

namespace treering {

struct Question {
  std::uint64_t number = 0;
  Signature signature;
};

using QuestionBytes = std::array<std::byte, 8 + 8 * 4>;  ///< little-endian
QuestionBytes encode(const Question& question);
/// Nothing if it is none.
std::optional<Question> decode_question(std::span<const std::byte> message);

}  // namespace treering
