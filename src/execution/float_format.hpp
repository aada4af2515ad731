// The floats of 16 and 8 bits, by their numbers. A code has a sign bit, then exponent, then mantissa.
#pragma once

#include <cstdint>

namespace treering {

/// IEEE 754 binary16.
struct Float16 {
  using Code = std::uint16_t;
  static constexpr int width = 16;
  static constexpr int mantissa = 10;
  static constexpr int bias = 15;
  static constexpr Code first_special = 0x7c00;  ///< magnitudes from here on are infinite or NaN
  static constexpr Code overflow = 0x7c00;       ///< the magnitude that too large values and infinity become
  static constexpr Code quiet_nan = 0x7e00;      ///< the one NaN that arithmetic gives
};

/// The upper half of a float32.
struct Bfloat16 {
  using Code = std::uint16_t;
  static constexpr int width = 16;
  static constexpr int mantissa = 7;
  static constexpr int bias = 127;
  static constexpr Code first_special = 0x7f80;
  static constexpr Code overflow = 0x7f80;
  static constexpr Code quiet_nan = 0x7fc0;
};

/// Four bits of exponent, three of mantissa, no infinity (Micikevicius et al., FP8 Formats for Deep Learning, 2022,
/// section 3). Overflow saturates at 448, as conversions with __NV_SATFINITE do.
struct Float8E4m3 {
  using Code = std::uint8_t;
  static constexpr int width = 8;
  static constexpr int mantissa = 3;
  static constexpr int bias = 7;
  static constexpr Code first_special = 0x7f;
  static constexpr Code overflow = 0x7e;
  static constexpr Code quiet_nan = 0x7f;
};

/// Five bits of exponent, two of mantissa, with infinity and NaN (ibid.). Overflow, and infinity when it is given,
/// saturate at 57344, as conversions with __NV_SATFINITE do.
struct Float8E5m2 {
  using Code = std::uint8_t;
  static constexpr int width = 8;
  static constexpr int mantissa = 2;
  static constexpr int bias = 15;
  static constexpr Code first_special = 0x7c;
  static constexpr Code overflow = 0x7b;
  static constexpr Code quiet_nan = 0x7f;
};

}  // namespace treering
