// Fractions of integers, exact.
#pragma once

#include <compare>
#include <cstdint>
#include <numeric>

namespace treering {

/// A fraction in lowest terms. The denominator is positive.
struct Rational {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;

  static constexpr Rational of(std::int64_t numerator, std::int64_t denominator) {
    const std::int64_t common = std::gcd(numerator, denominator);
    return {numerator / common, denominator / common};
  }

  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }

  friend constexpr bool operator==(const Rational&, const Rational&) = default;
  friend constexpr std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
    __extension__ using Product = __int128;
    return static_cast<Product>(a.numerator) * b.denominator <=> static_cast<Product>(b.numerator) * a.denominator;
  }
};

}  // namespace treering
