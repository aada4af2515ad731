// The kernel for a user's operator: blocks of elements pass through an accumulator that stays in the first-level cache.
#include <algorithm>
#include <cstring>
#include <vector>

#include "execution/kernel_parts.hpp"

namespace treering {
namespace {

void combine_block(std::span<const Operand> words, std::byte* value, std::size_t first, std::size_t count,
                   const Arithmetic& arithmetic) {
  const std::size_t at = first * arithmetic.element_bytes;
  const std::size_t bytes = count * arithmetic.element_bytes;
  std::memcpy(value, words[0].at + at, bytes);
  for (const Operand& word : words.subspan(1)) {
    if (takes(word)) {
      (*arithmetic.combine)(value, word.at + at, count);
    } else if (gives(word)) {
      std::memcpy(word.at + at, value, bytes);
    }
  }
}

}  // namespace

void combine_kernel(std::span<const Operand> words, std::size_t count, const Arithmetic& arithmetic) {
  const std::size_t element = arithmetic.element_bytes;
  if (count == 0) return;
  if (words.size() > 1 && std::none_of(words.begin() + 1, words.end(), takes))
    return copy_kernel(words, count * element);

  constexpr std::size_t stack_bytes = 8192;
  alignas(64) std::byte on_stack[stack_bytes];
  std::vector<std::byte> on_heap(element > stack_bytes ? element : 0);
  std::byte* const value = on_heap.empty() ? on_stack : on_heap.data();
  const std::size_t block = std::max<std::size_t>(1, stack_bytes / element);
  for (std::size_t first = 0; first < count; first += block) {
    combine_block(words, value, first, std::min(block, count - first), arithmetic);
  }
}

}  // namespace treering
