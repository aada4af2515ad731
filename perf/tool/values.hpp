// The data of the check: what every rank sends, and what must arrive, bit for bit.
//
// Values differ at every position, rank and repetition (a seeded hash), so a block that is shifted, swapped, stale or
// missing shows. They are small enough that every partial sum, product or extremum of them is exact in the element
// type: any order of combining gives the same bits, and nothing has to be compared with a tolerance.
//
// Sums: a type that holds all integers up to M gets values with at most M / ranks each; where that is less than 1, only
// M of the ranks, others at every position, send anything but 0. Products: signs and powers of two (floats) or 1, 2 and
// 3 (integers), again from as many ranks as the range allows. Copies: any bits at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "names.hpp"

namespace treering::perf {

/// Where an element comes from.
struct Origin {
  std::uint64_t position = 0;    ///< in the sender's buffer, in elements
  std::uint64_t repetition = 0;  ///< of the call
};

class Values {
 public:
  Values(DataType type, Op op, int ranks, std::uint64_t seed);

  /// What `rank` sends: `count` elements from `origin` on. `to` needs no alignment.
  void fill(std::byte* to, std::uint64_t count, Rank rank, Origin origin) const;

  /// What the ranks [first, last) combine to, averaged and scaled as the operator says.
  void expect(std::byte* to, std::uint64_t count, Rank first, Rank last, Origin origin) const;

  /// Elements of `got` that differ from expect(), or from fill() where a range of one rank was copied, not reduced.
  std::uint64_t wrong(const std::byte* got, std::uint64_t count, Rank first, Rank last, Origin origin) const;

  /// Elements of `input` that differ from fill().
  std::uint64_t wrong_input(const std::byte* input, std::uint64_t count, Rank rank, Origin origin) const;

  /// The factor of `rank` in a pre-multiplied sum, in the element type; 8 bytes, the first size_of(type) of which
  /// matter.
  std::uint64_t scale_bits(Rank rank) const;

 private:
  template <class Make>
  std::uint64_t differing(const std::byte* got, std::uint64_t count, Make make) const;
  std::int64_t contribution(std::uint64_t base, Rank rank) const;
  std::int64_t combined(std::uint64_t base, Rank first, Rank last) const;
  std::uint64_t base_of(Origin origin) const;
  std::uint64_t bits_of(std::int64_t value) const;
  void make_table(std::int64_t largest);

  DataType type_;
  Op op_;
  int ranks_;
  std::uint64_t seed_;
  bool is_signed_ = true;
  bool is_float_ = false;
  std::uint64_t bound_ = 0;  ///< contributions lie in [-bound, bound], or [0, bound] of unsigned types
  int active_ = 0;           ///< ranks that contribute more than the neutral element, at every position
  std::vector<std::uint64_t> rank_keys_;
  std::vector<std::uint64_t> table_;  ///< bits of the integers (products: exponents) from -origin_ on, of narrow floats
  std::int64_t origin_ = 0;
};

/// A finite double in a floating-point format of up to 32 bits, rounded to nearest even. Not for values beyond its
/// range.
std::uint64_t encode_float(double value, int exponent_bits, int mantissa_bits);

}  // namespace treering::perf
