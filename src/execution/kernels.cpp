#include "execution/kernels.hpp"

#include <algorithm>
#include <cstring>

#include "execution/kernel_parts.hpp"

namespace treering {

namespace {

/// A line or less, for which nothing is worth a call or a look at how it should be stored.
void copy_a_line(std::span<const Operand> words, std::size_t bytes) {
  const std::byte* const from = words[0].at;
  for (const Operand& word : words.subspan(1))
    if (gives(word) && word.at != from) copy_few(word.at, from, bytes);
}

}  // namespace

void copy_kernel(std::span<const Operand> words, std::size_t bytes) {
  constexpr std::size_t line = 64;
  if (bytes <= line) return copy_a_line(words, bytes);
  if (streaming(words)) return byte_kernel()(words, bytes, {});
  // In blocks that stay in the first-level cache, so that the value is fetched once however often it is given.
  constexpr std::size_t block = 8192;
  const bool once = words.size() == 2;
  const std::byte* const from = words[0].at;
  for (std::size_t first = 0; first < bytes;) {
    const std::size_t length = once ? bytes : std::min(block, bytes - first);
    for (const Operand& word : words.subspan(1)) {
      if (gives(word) && word.at != from) std::memcpy(word.at + first, from + first, length);
    }
    first += length;
  }
}

Kernel kernel_for(const Arithmetic& arithmetic) {
  if (arithmetic.combine != nullptr) return combine_kernel;
  switch (arithmetic.type) {
    case DataType::float32:
    case DataType::float64: return float_kernel(arithmetic.type, arithmetic.reduction);
    case DataType::float16:
    case DataType::bfloat16:
    case DataType::float8_e4m3:
    case DataType::float8_e5m2: return narrow_float_kernel(arithmetic.type, arithmetic.reduction);
    default: return integer_kernel(arithmetic.type, arithmetic.reduction);
  }
}

}  // namespace treering
