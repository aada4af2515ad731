#include "communicator/history.hpp"

namespace treering {

SignatureWords to_words(const Signature& signature) {
  return {static_cast<std::uint64_t>(signature.collective) | static_cast<std::uint64_t>(signature.type) << 8 |
              static_cast<std::uint64_t>(signature.arithmetic) << 16 | std::uint64_t{signature.keeps_order} << 24,
          static_cast<std::uint64_t>(static_cast<std::uint32_t>(signature.root)), signature.count,
          signature.element_bytes};
}

std::optional<Signature> from_words(const SignatureWords& words) {
  const auto byte = [&](int k) { return static_cast<std::uint8_t>(words[0] >> (8 * k)); };
  Signature signature;
  if (words[0] >> 25 != 0 || byte(0) > static_cast<std::uint8_t>(Collective::recv) || byte(1) >= data_types ||
      byte(2) > static_cast<std::uint8_t>(Signature::Arithmetic::none))
    return std::nullopt;
  signature.collective = static_cast<Collective>(byte(0));
  signature.type = static_cast<DataType>(byte(1));
  signature.arithmetic = static_cast<Signature::Arithmetic>(byte(2));
  signature.keeps_order = byte(3) != 0;
  signature.root = static_cast<Rank>(static_cast<std::uint32_t>(words[1]));
  signature.count = words[2];
  signature.element_bytes = words[3];
  return signature;
}

std::uint64_t History::note(const SignatureWords& words) {
  const std::uint64_t number = last_.load(std::memory_order_relaxed) + 1;
  Entry& entry = entries_[number % kept];
  entry.number.store(0, std::memory_order_relaxed);
  // Each store is a release, so that a reader that sees one of them sees that the number was withdrawn before.
  for (std::size_t k = 0; k < words.size(); ++k) entry.words[k].store(words[k], std::memory_order_release);
  entry.number.store(number, std::memory_order_release);
  last_.store(number, std::memory_order_release);
  return number;
}

std::optional<Signature> History::at(std::uint64_t number) const {
  const Entry& entry = entries_[number % kept];
  if (number == 0 || entry.number.load(std::memory_order_acquire) != number) return std::nullopt;
  SignatureWords words;
  for (std::size_t k = 0; k < words.size(); ++k) words[k] = entry.words[k].load(std::memory_order_acquire);
  if (entry.number.load(std::memory_order_relaxed) != number) return std::nullopt;
  return from_words(words);
}

}  // namespace treering
