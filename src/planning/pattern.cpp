#include "planning/pattern.hpp"

#include <set>

namespace treering {

Shape unit_shape(Rank ranks, Rank rank, Rank root) {
  Shape shape{.ranks = ranks, .rank = rank, .root = root, .count = 2 * static_cast<std::uint64_t>(ranks)};
  shape.sends.each = shape.recvs.each = shape.count;
  return shape;
}

namespace {

/// The same words, said of peers that lie as far from `root` as those of the other from 0?
bool say_the_same(const Lane& turned, const Lane& other, Rank root, Rank ranks) {
  if (turned.steps.size() != other.steps.size() || turned.acts.size() != other.acts.size()) return false;
  for (std::size_t i = 0; i < other.steps.size(); ++i)
    if (turned.steps[i].acts != other.steps[i].acts || turned.steps[i].count != other.steps[i].count) return false;
  for (std::size_t a = 0; a < other.acts.size(); ++a) {
    const Act &mine = turned.acts[a], &theirs = other.acts[a];
    if (mine.verb != theirs.verb) return false;
    if (on_wire(mine) && mine.peer != mod(std::int64_t{theirs.peer} + root, ranks)) return false;
  }
  return true;
}

bool turns_with_root(const CatalogueRow& row, Rank ranks) {
  const Rank root = ranks / 3;
  for (Rank rank = 0; rank < ranks; ++rank) {
    const Schedule first = row.schedule(unit_shape(ranks, rank, 0)),
                   turned = row.schedule(unit_shape(ranks, mod(rank + root, ranks), root));
    for (std::size_t lane = 0; lane < first.lanes.size(); ++lane)
      if (!say_the_same(turned.lanes[lane], first.lanes[lane], root, ranks)) return false;
  }
  return true;
}

}  // namespace

/// Seen from a rank in the middle of so many that a tree has more than one level, and no root.
Pattern pattern_of(const CatalogueRow& row) {
  constexpr Rank ranks = 8, rank = 3, root = 0, left = rank - 1, right = rank + 1;
  std::set<Rank> hears, tells;
  for (const Lane& lane : row.schedule(unit_shape(ranks, rank, root)).lanes)
    for (const Act& word : lane.acts) {
      if (word.verb == Verb::recv) hears.insert(word.peer);
      if (word.verb == Verb::send) tells.insert(word.peer);
    }
  if (hears == std::set{left} && tells == std::set{right}) return Pattern::ring;
  if (hears == std::set{root} && tells.empty()) return Pattern::from_root;
  if (hears.empty() && tells == std::set{root}) return Pattern::to_root;
  constexpr std::size_t all = ranks - 1;
  return hears.size() == all && tells.size() == all ? Pattern::others : Pattern::other;
}

/// An odd number of ranks and an even one, and both more than a power of two.
bool turns_with_root(const CatalogueRow& row) {
  return turns_with_root(row, 11) && turns_with_root(row, 12);
}

}  // namespace treering
