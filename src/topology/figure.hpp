// A quantity of a link as far as it is known.
#pragma once

#include <limits>

namespace treering::topology {

/// A number that nobody may have told us. Unknown is not 0: at 0 GB/s nothing passes a link, at an unknown rate
/// something may. The unit is in the name of the variable. Sound figures are finite and not negative; see is_sound().
class Figure {
 public:
  constexpr Figure() = default;                      ///< unknown
  constexpr Figure(double value) : value_(value) {}  // NOLINT(google-explicit-constructor): `forward_gbs = 25`

  constexpr bool is_known() const { return value_ != unknown; }
  /// The number. Only where it is known.
  constexpr double value() const { return value_; }
  constexpr double value_or(double other) const { return is_known() ? value_ : other; }
  constexpr Figure or_else(Figure other) const { return is_known() ? *this : other; }
  /// Unknown, or a number that can be one of a link.
  constexpr bool is_sound() const {
    return !is_known() || (value_ >= 0 && value_ <= std::numeric_limits<double>::max());
  }

  friend constexpr bool operator==(const Figure&, const Figure&) = default;

 private:
  static constexpr double unknown = -1;
  double value_ = unknown;
};

}  // namespace treering::topology
