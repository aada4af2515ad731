// C++ types of the elements that collectives work on: the standard ones, and the small floats that C++20 has not got.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "treering/types.hpp"

namespace treering {

/// What becomes of numbers too large for a small float.
enum class Overflow : std::uint8_t { to_infinity, to_largest };

/// A float of 1 + exponent + mantissa bits: a place to keep numbers, with conversions from and to float. Rounds to
/// nearest, ties to even, with subnormals.
template <int exponent_bits, int mantissa_bits, bool has_infinity, Overflow overflow>
class SmallFloat {
 public:
  using Bits = std::conditional_t<(exponent_bits + mantissa_bits > 7), std::uint16_t, std::uint8_t>;

  SmallFloat() = default;
  explicit SmallFloat(float value) : bits_(round(value)) {}
  static constexpr SmallFloat from_bits(Bits bits) {
    SmallFloat made;
    made.bits_ = bits;
    return made;
  }

  constexpr Bits bits() const { return bits_; }

  explicit operator float() const {
    const int exponent = (bits_ >> mantissa_bits) & exponent_mask;
    const int mantissa = bits_ & mantissa_mask;
    float magnitude = 0;
    if (is_nan(exponent, mantissa)) {
      magnitude = std::numeric_limits<float>::quiet_NaN();
    } else if (has_infinity && exponent == exponent_mask) {
      magnitude = std::numeric_limits<float>::infinity();
    } else {
      const int significand = exponent == 0 ? mantissa : mantissa + (1 << mantissa_bits);
      magnitude = std::ldexp(static_cast<float>(significand), std::max(exponent, 1) - bias - mantissa_bits);
    }
    return (bits_ & sign_mask) != 0 ? -magnitude : magnitude;
  }

  friend constexpr bool operator==(SmallFloat, SmallFloat) = default;  ///< of the bits

 private:
  static constexpr int exponent_mask = (1 << exponent_bits) - 1;
  static constexpr int mantissa_mask = (1 << mantissa_bits) - 1;
  static constexpr int sign_mask = 1 << (exponent_bits + mantissa_bits);
  static constexpr int bias = exponent_mask / 2;
  static constexpr int infinity = exponent_mask << mantissa_bits;  // without has_infinity: an ordinary number
  static constexpr int nan = has_infinity ? infinity | (1 << (mantissa_bits - 1)) : infinity | mantissa_mask;
  static constexpr int largest = has_infinity ? infinity - 1 : nan - 1;

  static constexpr bool is_nan(int exponent, int mantissa) {
    return exponent == exponent_mask && (has_infinity ? mantissa != 0 : mantissa == mantissa_mask);
  }

  static Bits round(float value) {
    const int sign = std::signbit(value) ? sign_mask : 0;
    if (std::isnan(value)) return static_cast<Bits>(sign | nan);
    const float magnitude = std::fabs(value);
    constexpr int too_large = overflow == Overflow::to_infinity ? infinity : largest;
    if (std::isinf(magnitude)) return static_cast<Bits>(sign | too_large);

    // In units of the last place at this magnitude; what rounds up to the next power of two carries into the exponent.
    const int power = magnitude == 0 ? 1 - bias : std::max(std::ilogb(magnitude), 1 - bias);
    const auto units = static_cast<std::int64_t>(std::nearbyint(std::ldexp(magnitude, mantissa_bits - power)));
    const std::int64_t bits = (static_cast<std::int64_t>(power + bias - 1) << mantissa_bits) + units;
    return static_cast<Bits>(sign | (bits > largest ? too_large : static_cast<int>(bits)));
  }

  Bits bits_ = 0;
};

using Float16 = SmallFloat<5, 10, true, Overflow::to_infinity>;
using BFloat16 = SmallFloat<8, 7, true, Overflow::to_infinity>;
using Float8E4M3 = SmallFloat<4, 3, false, Overflow::to_largest>;  ///< of the OCP: no infinities, one NaN
using Float8E5M2 = SmallFloat<5, 2, true, Overflow::to_largest>;

/// The DataType of T, for every T that is one.
template <class T>
inline constexpr int data_type_index = -1;
template <std::integral T>
requires(!std::same_as<T, bool> &&
         (sizeof(T) == 1 || sizeof(T) == 4 ||
          sizeof(T) == 8)) inline constexpr int data_type_index<T> = (sizeof(T) == 1   ? 0
                                                                      : sizeof(T) == 4 ? 2
                                                                                       : 4) +
                                                                     (std::is_signed_v<T> ? 0 : 1);
template <>
inline constexpr int data_type_index<Float16> = static_cast<int>(DataType::float16);
template <>
inline constexpr int data_type_index<float> = static_cast<int>(DataType::float32);
template <>
inline constexpr int data_type_index<double> = static_cast<int>(DataType::float64);
template <>
inline constexpr int data_type_index<BFloat16> = static_cast<int>(DataType::bfloat16);
template <>
inline constexpr int data_type_index<Float8E4M3> = static_cast<int>(DataType::float8_e4m3);
template <>
inline constexpr int data_type_index<Float8E5M2> = static_cast<int>(DataType::float8_e5m2);

/// A T that the built-in operators know.
template <class T>
concept Element = data_type_index<T>
>= 0;

template <Element T>
inline constexpr DataType data_type_of = static_cast<DataType>(data_type_index<T>);

}  // namespace treering
