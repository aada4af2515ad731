#include "communicator/question.hpp"

namespace treering {
namespace {

void put(std::byte* at, std::uint64_t value) {
  for (int k = 0; k < 8; ++k) at[k] = static_cast<std::byte>(value >> (8 * k));
}

std::uint64_t get(const std::byte* at) {
  std::uint64_t value = 0;
  for (int k = 0; k < 8; ++k) value |= static_cast<std::uint64_t>(at[k]) << (8 * k);
  return value;
}

}  // namespace

QuestionBytes encode(const Question& question) {
  QuestionBytes bytes;
  put(bytes.data(), question.number);
  const SignatureWords words = to_words(question.signature);
  for (std::size_t k = 0; k < words.size(); ++k) put(bytes.data() + 8 * (k + 1), words[k]);
  return bytes;
}

std::optional<Question> decode_question(std::span<const std::byte> message) {
  if (message.size() != QuestionBytes{}.size()) return std::nullopt;
  SignatureWords words;
  for (std::size_t k = 0; k < words.size(); ++k) words[k] = get(message.data() + 8 * (k + 1));
  const auto signature = from_words(words);
  if (!signature) return std::nullopt;
  return Question{get(message.data()), *signature};
}

}  // namespace treering
