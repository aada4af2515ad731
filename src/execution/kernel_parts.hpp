// What the kernels of all types share and what no instruction set matters to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "execution/kernels.hpp"

namespace treering {

/// The kernels by family, for the widest vectors of this processor. `type` must be of the family; average means sum.
Kernel integer_kernel(DataType type, Reduction reduction);
Kernel float_kernel(DataType type, Reduction reduction);
Kernel narrow_float_kernel(DataType type, Reduction reduction);

/// The kernel for a user's operator.
void combine_kernel(std::span<const Operand> words, std::size_t count, const Arithmetic& arithmetic);

constexpr bool takes(const Operand& word) {
  return word.role <= Operand::Role::take;
}

/// The first word that streams, or null.
inline const Operand* streaming(std::span<const Operand> words) {
  for (const Operand& word : words)
    if (word.role == Operand::Role::stream) return &word;
  return nullptr;
}

/// Does the sentence only pass on the one value that it takes? Then its bytes are copied, whatever their type is.
inline bool only_copies(std::span<const Operand> words, const Arithmetic& arithmetic) {
  if (words[0].role == Operand::Role::own && arithmetic.scale != nullptr) return false;
  for (const Operand& word : words.subspan(1)) {
    if (takes(word)) return false;
    if (word.role == Operand::Role::finish && arithmetic.divisor != 1) return false;
  }
  return true;
}

/// Copies the one value taken, of at least one byte, to every place that it is given to.
void copy_kernel(std::span<const Operand> words, std::size_t bytes);

/// The sentence of bytes, vector by vector: copies where something streams, for which memcpy() has no way.
Kernel byte_kernel();

/// Copies 1 to 255 bytes without a call: two moves that overlap wherever that covers the length.
inline void copy_few(std::byte* to, const std::byte* from, std::size_t bytes) {
  while (bytes > 32) {
    std::memcpy(to, from, 16);
    to += 16, from += 16, bytes -= 16;
  }
  const auto from_both_ends = [&]<std::size_t size>() {
    std::byte first[size], last[size];
    std::memcpy(first, from, size);
    std::memcpy(last, from + bytes - size, size);
    std::memcpy(to, first, size);
    std::memcpy(to + bytes - size, last, size);
  };
  if (bytes >= 16) return from_both_ends.template operator()<16>();
  if (bytes >= 8) return from_both_ends.template operator()<8>();
  if (bytes >= 4) return from_both_ends.template operator()<4>();
  if (bytes >= 2) return from_both_ends.template operator()<2>();
  *to = *from;
}

}  // namespace treering
