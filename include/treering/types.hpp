// The vocabulary that every part of Treering shares.
#pragma once

#include <cstddef>
#include <cstdint>

namespace treering {

/// A process (or thread) of a communicator, 0 .. ranks-1.
using Rank = std::int32_t;

/// The rank that is not there: a missing child in a tree, the root of a collective that has none.
inline constexpr Rank nobody = -1;

/// Element types. The values are those of `ncclDataType_t`.
enum class DataType : std::uint8_t {
  int8 = 0,
  uint8 = 1,
  int32 = 2,
  uint32 = 3,
  int64 = 4,
  uint64 = 5,
  float16 = 6,
  float32 = 7,
  float64 = 8,
  bfloat16 = 9,
  float8_e4m3 = 10,
  float8_e5m2 = 11,
};
inline constexpr int data_types = 12;

/// Bytes of one element, by type.
inline constexpr std::size_t element_sizes[data_types] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1};
constexpr std::size_t size_of(DataType type) {
  return element_sizes[static_cast<int>(type)];
}

/// Operators that every element type has. The values are those of `ncclRedOp_t`.
/// `average` is the sum divided by the number of ranks; integers round towards zero.
enum class Reduction : std::uint8_t { sum = 0, product = 1, maximum = 2, minimum = 3, average = 4 };

}  // namespace treering
