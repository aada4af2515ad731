// Values that remember where they came from: ordered products of contributions. A product costs a few nanoseconds
// however many factors it has, since it is a node over its two halves with fingerprints of 64 bits of its factors, in
// order and as a multiset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "treering/types.hpp"

namespace treering {

/// A product, by its number in a Provenance.
using Value = std::uint32_t;

/// All values of one run.
class Provenance {
 public:
  static constexpr Value nothing = 0;  ///< the empty product

  Provenance();

  Value contribution(Rank rank, std::uint64_t element);  ///< what a rank has at an element of its input
  Value rubbish(Rank rank, std::uint64_t number);        ///< what lies in a rank's memory before anybody writes it
  Value product(Value left, Value right);                ///< left . right
  Value finished(Value value);                           ///< `value` with the mark that `finish` leaves

  bool same_order(Value a, Value b) const;     ///< the same factors in the same order
  bool same_multiset(Value a, Value b) const;  ///< the same factors, each as many times
  /// Marks the ranks that any factor of `value` comes from.
  void mark_ranks(Value value, std::vector<bool>& ranks) const;
  /// "0.5 1.5 finished" (rank.element), cut off where it is long.
  std::string text(Value value) const;

  /// For going back to an earlier state: forgets every value made since there were `size` of them.
  std::size_t size() const { return nodes_.size(); }
  void shrink(std::size_t size) { nodes_.resize(size); }

 private:
  enum class Kind : std::uint8_t { product, contribution, rubbish, finish };
  /// A factor is a random map x -> scale * x + offset modulo 2^64, a product the composition of its factors' maps: it
  /// depends on their order, and two different products of less than 2^32 factors agree with a probability of about
  /// 2^-60.
  struct Node {
    std::uint64_t scale = 1;
    std::uint64_t offset = 0;
    std::uint64_t multiset = 0;  // sum of random numbers, one a factor
    std::uint64_t length = 0;    // factors; stays at the highest number
    std::uint32_t left = 0;      // of a factor: the rank
    std::uint32_t right = 0;     // of a factor: the element
    Kind kind = Kind::product;
  };

  Value factor(Kind kind, Rank rank, std::uint64_t element);
  template <class Visit>
  void visit_factors(Value value, Visit visit) const;

  std::vector<Node> nodes_;
};

}  // namespace treering
