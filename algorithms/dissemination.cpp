// Dissemination barrier.
//   Hensgen, Finkel, Manber: Two algorithms for barrier synchronization. International Journal of Parallel Programming
//   17(1), 1988.
//
// The idea: in round i every rank tells the rank 2^i to the right that it, and all from which it has heard, have
// arrived. After round i it has heard from the 2^(i+1) - 1 ranks to its left, so ceil(log2 p) rounds are enough, for
// any p.
//
//   p = 8, rank 0 hears from:  7   (round 0)     6, 5   (by way of 6, round 1)     4, 3, 2, 1   (by way of 4, round 2)
//
// Cost: ceil(log2 p) steps, one element each. Where it fits: every barrier. What a round has brought is multiplied to
// the token and so passed on in the next: the dependency is one of data, as in any other schedule.
#include "algorithms/dissemination.hpp"

namespace treering {

Schedule dissemination_barrier(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1), 1};
  Lane& lane = schedule.lanes[0];
  constexpr Place token{Buffer::scratch, 0};
  for (std::int64_t distance = 1; distance < shape.ranks; distance *= 2) {
    lane.step(1).read(token).send(mod(shape.rank + distance, shape.ranks));
    lane.step(1).recv(mod(shape.rank - distance, shape.ranks)).read(token).store(token);
  }
  return schedule;
}

Cost dissemination_barrier_cost(const Shape& shape) {
  const std::uint64_t q = rounds(shape.ranks), all = q * static_cast<std::uint64_t>(shape.ranks);
  return {
      .steps = q, .messages = q, .volume = q, .folded = q, .all_messages = all, .all_volume = all, .all_folded = all};
}

}  // namespace treering
