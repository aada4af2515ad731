// What an algorithm is told: the shape of one operation, as one rank sees it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "schedule/language.hpp"

namespace treering {

/// Elements [first, first+count).
struct Block {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// Part `part` of `count` elements in `parts` balanced parts: none differs from another by more than one element.
constexpr Block split(std::uint64_t count, Rank parts, Rank part) {
  const auto n = static_cast<std::uint64_t>(parts);
  const auto k = static_cast<std::uint64_t>(part);
  const std::uint64_t each = count / n;
  const std::uint64_t rest = count % n;
  return {each * k + std::min(k, rest), each + (k < rest ? 1 : 0)};
}

/// Which rank has which elements: uniform blocks of `each`, or a table for the v-forms. The spans are borrowed.
struct Layout {
  std::uint64_t each = 0;
  std::span<const std::uint64_t> counts = {};
  std::span<const std::uint64_t> firsts = {};

  constexpr Block operator[](Rank rank) const {
    const auto i = static_cast<std::size_t>(rank);
    return counts.empty() ? Block{each * i, each} : Block{firsts[i], counts[i]};
  }
};

/// One operation as one rank sees it. Counts are in elements.
struct Shape {
  Rank ranks = 1;
  Rank rank = 0;
  Rank root = 0;            ///< rooted collectives; 0 elsewhere
  std::uint64_t count = 0;  ///< elements of the whole vector (all-reduce, broadcast, reduce, scan)
  bool in_place = false;    ///< the input is (part of) the output: nothing says Buffer::input
  Layout sends = {};        ///< blocks of the input: reduce-scatter, all-to-all
  Layout recvs = {};        ///< blocks of the output: all-gather, all-to-all

  /// This rank's own contribution, from element `first` on.
  constexpr Place x(std::uint64_t first = 0) const { return {in_place ? Buffer::output : Buffer::input, first}; }
  constexpr Place out(std::uint64_t first = 0) const { return {Buffer::output, first}; }
};

/// a mod p, never negative.
constexpr Rank mod(std::int64_t a, Rank p) {
  return static_cast<Rank>(((a % p) + p) % p);
}

}  // namespace treering
