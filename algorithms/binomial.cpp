// Binomial trees.
//   Johnsson, Ho: Optimum broadcasting and personalized communication in hypercubes. IEEE Transactions on Computers
//   38(9), 1989.
//
// The idea: in every round each rank that has the vector gives it to one that has not, so their number doubles. Counted
// from the root, rank v hangs below v without its lowest set bit, and its children are v + 1, v + 2, v + 4, ... below
// that bit. The subtree of v + 2^i is the range [v + 2^i, v + 2^(i+1)), so own . child 1 . child 2 . child 4 ... is a
// product in rank order. A reduction to a root in the middle uses two such trees back to back, the left one read from
// right to left: order is kept for any root.
//
//   p = 8, broadcast from 0:  0 -> 4, 2, 1     4 -> 6, 5     2 -> 3     6 -> 7
//   p = 8, reduce to 3:       0 -> 1 -> 3     2 -> 3     3 <- 4     3 <- 5 <- 6     3 <- 7
//                             (x0.x1) . x2 . x3 . x4 . (x5.x6) . x7
//
// Cost (n elements, q = ceil(log2 p)): q rounds and, at the root, q n elements; a root in the middle hears at most 2q -
// 2 children. Where it fits: small vectors, where rounds count and elements do not. All children of a rank are one
// sentence.
#include "algorithms/binomial.hpp"

namespace treering {
namespace {

Rank lowest_bit(Rank v) {
  return v & -v;
}

/// Has the rank at place `v` of a tree of `ranks` ranks a child at place v + distance? The distance is a power of two.
bool has_child(Rank v, Rank distance, Rank ranks) {
  return distance < ranks - v && (v == 0 || distance < lowest_bit(v));
}
/// The distance of the farthest child, 0 where there is none.
Rank farthest_child(Rank v, Rank ranks) {
  Rank distance = 0;
  for (Rank next = 1; has_child(v, next, ranks); next *= 2) distance = next;
  return distance;
}

}  // namespace

Schedule binomial_broadcast(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  const Rank p = shape.ranks, v = mod(shape.rank - shape.root, p);
  const auto rank_at = [&](Rank place) { return mod(shape.root + place, p); };
  {
    auto sentence = schedule.lanes[0].step(shape.count);
    if (v != 0)
      sentence.recv(rank_at(v - lowest_bit(v))).store(shape.out());
    else if (shape.in_place)
      sentence.read(shape.out());
    else
      sentence.read(shape.x()).store(shape.out());
    // The farthest child has the most to do after it.
    for (Rank distance = farthest_child(v, p); distance > 0; distance /= 2) sentence.send(rank_at(v + distance));
  }
  return schedule;
}

Schedule binomial_reduce(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  // The root is at place 0 of both trees, the one on its left and the one on its right.
  const Rank r = shape.rank, root = shape.root, left_ranks = root + 1, right_ranks = shape.ranks - root;
  {
    auto sentence = schedule.lanes[0].step(shape.count);
    if (r <= root)
      for (Rank distance = farthest_child(root - r, left_ranks); distance > 0; distance /= 2)
        sentence.recv(r - distance);
    sentence.own(shape.x());
    if (r >= root)
      for (Rank distance = 1; has_child(r - root, distance, right_ranks); distance *= 2) sentence.recv(r + distance);
    if (r == root)
      sentence.finish().store(shape.out());
    else
      sentence.send(r < root ? r + lowest_bit(root - r) : r - lowest_bit(r - root));
  }
  return schedule;
}

Cost binomial_broadcast_cost(const Shape& shape) {
  const std::uint64_t q = rounds(shape.ranks), edges = static_cast<std::uint64_t>(shape.ranks) - 1;
  return {.steps = q,
          .messages = q,
          .volume = q * shape.count,
          .all_messages = edges,
          .all_volume = Wide{edges} * shape.count};
}

Cost binomial_reduce_cost(const Shape& shape) {
  const std::uint64_t left = rounds(shape.root + 1), right = rounds(shape.ranks - shape.root);
  const std::uint64_t edges = static_cast<std::uint64_t>(shape.ranks) - 1, n = shape.count;
  return {.steps = std::max(left, right),
          .messages = left + right,
          .volume = (left + right) * n,
          .folded = (left + right) * n,
          .all_messages = edges,
          .all_volume = Wide{edges} * n,
          .all_folded = Wide{edges} * n};
}

}  // namespace treering
