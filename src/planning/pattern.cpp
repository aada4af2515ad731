#include "planning/pattern.hpp"

#include <set>

namespace treering {

/// Seen from a rank in the middle of so many that a tree has more than one level, and no root.
Pattern pattern_of(const CatalogueRow& row) {
  constexpr Rank ranks = 8, rank = 3, left = rank - 1, right = rank + 1;
  constexpr std::uint64_t elements = 2 * ranks;
  Shape shape{.ranks = ranks, .rank = rank, .count = elements};
  shape.sends.each = shape.recvs.each = elements;
  std::set<Rank> hears, tells;
  for (const Lane& lane : row.schedule(shape).lanes)
    for (const Act& word : lane.acts) {
      if (word.verb == Verb::recv) hears.insert(word.peer);
      if (word.verb == Verb::send) tells.insert(word.peer);
    }
  if (hears == std::set{left} && tells == std::set{right}) return Pattern::ring;
  constexpr std::size_t all = ranks - 1;
  return hears.size() == all && tells.size() == all ? Pattern::others : Pattern::other;
}

}  // namespace treering
