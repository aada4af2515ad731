// What the kernels must compute, element by element in plain code that shares nothing with them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "execution/kernels.hpp"

namespace treering::reference {

/// A type of elements that are held as they are.
template <class T>
struct Plain {
  using Code = T;
  using Wide = T;
  static Wide decode(Code code) { return code; }
  static Code encode(Wide value) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) return std::numeric_limits<T>::quiet_NaN();
    }
    return value;
  }
};

/// A narrow float, by arithmetic on numbers instead of bits.
template <class C, int exponent_bits, int mantissa_bits, bool has_infinity, bool saturates, C nan>
struct Narrow {
  using Code = C;
  using Wide = float;
  static constexpr int bias = (1 << (exponent_bits - 1)) - 1;
  static constexpr int sign_shift = exponent_bits + mantissa_bits;
  static constexpr int all_ones = (1 << exponent_bits) - 1;
  static constexpr int least_exponent = 1 - bias;
  static constexpr int greatest_exponent = has_infinity ? all_ones - 1 - bias : all_ones - bias;

  static Wide decode(Code code) {
    const bool negative = (code >> sign_shift) & 1;
    const int exponent = (code >> mantissa_bits) & all_ones;
    const int mantissa = code & ((1 << mantissa_bits) - 1);
    double value;
    if (exponent == all_ones && has_infinity) {
      value = mantissa ? NAN : INFINITY;
    } else if (exponent == all_ones && mantissa == (1 << mantissa_bits) - 1) {
      value = NAN;
    } else if (exponent == 0) {
      value = std::ldexp(mantissa, least_exponent - mantissa_bits);
    } else {
      value = std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
    }
    return static_cast<float>(negative ? -value : value);
  }

  static double greatest() {
    const int mantissas = (2 << mantissa_bits) - (has_infinity ? 1 : 2);
    return std::ldexp(mantissas, greatest_exponent - mantissa_bits);
  }

  static Code encode(Wide wide) {
    if (std::isnan(wide)) return nan;
    const unsigned sign = static_cast<unsigned>(std::signbit(wide)) << sign_shift;
    const double magnitude = std::fabs(static_cast<double>(wide));
    int exponent = least_exponent;
    if (magnitude > 0 && !std::isinf(magnitude)) exponent = std::max(exponent, std::ilogb(magnitude));
    // In units of the last place: nearbyint rounds ties to even.
    const double places = std::nearbyint(std::ldexp(magnitude, mantissa_bits - exponent));
    if (std::isinf(magnitude) || std::ldexp(places, exponent - mantissa_bits) > greatest()) {
      const unsigned infinity = static_cast<unsigned>(all_ones) << mantissa_bits;
      const unsigned greatest_code = has_infinity ? infinity - 1 : infinity + (1u << mantissa_bits) - 2;
      return static_cast<Code>(sign | (saturates ? greatest_code : infinity));
    }
    // A mantissa that rounds up to the next power of two carries into the exponent.
    const auto code =
        static_cast<unsigned>(places) + (static_cast<unsigned>(exponent - least_exponent) << mantissa_bits);
    return static_cast<Code>(sign | code);
  }
};

using Float16 = Narrow<std::uint16_t, 5, 10, true, false, 0x7e00>;
using Bfloat16 = Narrow<std::uint16_t, 8, 7, true, false, 0x7fc0>;
using Float8E4m3 = Narrow<std::uint8_t, 4, 3, false, true, 0x7f>;
using Float8E5m2 = Narrow<std::uint8_t, 5, 2, true, true, 0x7f>;

template <class T>
T product(Reduction reduction, T v, T x) {
  if constexpr (std::is_integral_v<T>) {
    const auto a = static_cast<std::uint64_t>(v), b = static_cast<std::uint64_t>(x);
    switch (reduction) {
      case Reduction::product: return static_cast<T>(a * b);
      case Reduction::maximum: return v > x ? v : x;
      case Reduction::minimum: return v < x ? v : x;
      default: return static_cast<T>(a + b);
    }
  } else {
    switch (reduction) {
      case Reduction::product: return v * x;
      case Reduction::maximum:
        if (std::isnan(v) || std::isnan(x)) return std::isnan(v) ? x : v;
        return v > x || (v == x && !std::signbit(v)) ? v : x;
      case Reduction::minimum:
        if (std::isnan(v) || std::isnan(x)) return std::isnan(v) ? x : v;
        return v < x || (v == x && std::signbit(v)) ? v : x;
      default: return v + x;
    }
  }
}

template <class T>
T divided(T value, std::uint64_t divisor) {
  if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) return static_cast<T>(value / static_cast<std::int64_t>(divisor));
    return static_cast<T>(static_cast<std::uint64_t>(value) / divisor);
  } else {
    return value / static_cast<T>(divisor);
  }
}

template <class Code>
Code code_at(const std::byte* memory, std::size_t element) {
  Code code;
  std::memcpy(&code, memory + element * sizeof(Code), sizeof(Code));
  return code;
}

/// A sentence that passes on the one value that it takes keeps every bit, of NaN too.
inline bool only_copies(std::span<const Operand> words, const Arithmetic& arithmetic) {
  int takes = 0;
  for (const Operand& word : words) {
    if (word.role == Operand::Role::own && arithmetic.scale) return false;
    if (word.role == Operand::Role::finish && arithmetic.divisor != 1) return false;
    takes += word.role == Operand::Role::own || word.role == Operand::Role::take;
  }
  return takes == 1;
}

template <class Type>
void run(std::span<const Operand> words, std::size_t count, const Arithmetic& arithmetic) {
  using Code = typename Type::Code;
  const bool copies = only_copies(words, arithmetic);
  for (std::size_t k = 0; k < count; ++k) {
    const Code first = code_at<Code>(words[0].at, k);
    typename Type::Wide v{};
    bool has_value = false;
    for (const Operand& word : words) {
      if (word.role == Operand::Role::finish) {
        if (arithmetic.divisor != 1) v = divided(v, arithmetic.divisor);
      } else if (word.role >= Operand::Role::give) {
        const Code code = copies ? first : Type::encode(v);
        std::memcpy(word.at + k * sizeof(Code), &code, sizeof(Code));
      } else {
        auto x = Type::decode(code_at<Code>(word.at, k));
        if (word.role == Operand::Role::own && arithmetic.scale) {
          x = product(Reduction::product, Type::decode(code_at<Code>(arithmetic.scale, 0)), x);
        }
        v = has_value ? product(arithmetic.reduction, v, x) : x;
        has_value = true;
      }
    }
  }
}

inline Kernel kernel_of(DataType type) {
  switch (type) {
    case DataType::int8: return run<Plain<std::int8_t>>;
    case DataType::uint8: return run<Plain<std::uint8_t>>;
    case DataType::int32: return run<Plain<std::int32_t>>;
    case DataType::uint32: return run<Plain<std::uint32_t>>;
    case DataType::int64: return run<Plain<std::int64_t>>;
    case DataType::uint64: return run<Plain<std::uint64_t>>;
    case DataType::float16: return run<Float16>;
    case DataType::float32: return run<Plain<float>>;
    case DataType::float64: return run<Plain<double>>;
    case DataType::bfloat16: return run<Bfloat16>;
    case DataType::float8_e4m3: return run<Float8E4m3>;
    default: return run<Float8E5m2>;
  }
}

}  // namespace treering::reference
