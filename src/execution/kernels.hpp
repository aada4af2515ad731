// The arithmetic of a sentence, over a run of elements that lie in memory: one accumulator, no temporary, one pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "treering/operator.hpp"
#include "treering/types.hpp"

namespace treering {

/// One word of a sentence with its memory. A run has the words of its step, in their order.
struct Operand {
  enum class Role : std::uint8_t {
    own,     ///< v = v . at[k], pre-scaled where the operator scales
    take,    ///< v = v . at[k]
    finish,  ///< v = v / divisor (average); no memory
    give,    ///< at[k] = v
    stream,  ///< the same, past the caches where the processor can: for what is not read again soon
  };
  std::byte* at = nullptr;  ///< read only for own and take. Any alignment.
  Role role = Role::take;
};

constexpr bool gives(const Operand& word) {
  return word.role >= Operand::Role::give;
}

/// What "." means, bound once per operation.
struct Arithmetic {
  DataType type = DataType::uint8;
  Reduction reduction = Reduction::sum;
  std::size_t element_bytes = 1;
  const std::byte* scale = nullptr;  ///< of this rank, in the element type; null: 1
  std::uint64_t divisor = 1;         ///< number of ranks where `finish` divides, else 1
  const Combine* combine = nullptr;  ///< the user's operator; type and reduction then mean nothing
};

/// Runs the words over `count` elements. Operands either coincide exactly (a result may overwrite a value that was
/// taken before it) or are disjoint. The first word is an own or a take and sets v, later ones multiply from the right,
/// in order; 16-bit and 8-bit floats are held in 32 bits from the first word to the last, and a give rounds a copy (to
/// nearest even; 8-bit floats saturate, infinities too, as CUDA's conversions with __NV_SATFINITE do). What was given,
/// streamed too, is seen by whoever sees what the caller publishes afterwards. Thread-safe.
///
/// The bits given depend on the words, the values and the arithmetic alone, never on the instruction set, `count` or
/// where an element lies among others. For that:
/// - Integers wrap around; `finish` divides by the divisor in 64 bits and rounds towards zero.
/// - Floats are multiplied, added, and divided by the divisor one operation at a time, each rounded in the wide type; a
///   scale is never contracted with the sum that follows.
/// - maximum and minimum pass over a NaN for the other value (as NCCL's do), and order -0 below +0: they commute in
/// every
///   bit.
/// - A NaN is given as the one quiet NaN of the type, with the sign clear. Only a sentence that takes one value,
/// neither
///   scaled nor divided, copies every bit.
/// The caller leaves the floating-point environment as it is by default: round to nearest, subnormals kept.
using Kernel = void (*)(std::span<const Operand> words, std::size_t count, const Arithmetic& arithmetic);

/// The kernel for this arithmetic, for the widest vectors that the processor has. A user's operator of elements beyond
/// 8 KiB takes one element of memory from the heap for each run; exceptions that it throws pass through.
Kernel kernel_for(const Arithmetic& arithmetic);

}  // namespace treering
