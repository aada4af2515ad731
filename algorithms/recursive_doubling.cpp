// Recursive doubling.
//   All-reduce: Thakur, Rabenseifner, Gropp: Optimization of collective communication operations in MPICH. IJHPCA
//   19(1), 2005. Scan: Hillis, Steele: Data parallel algorithms. Communications of the ACM 29(12), 1986.
//
// The idea: in round i partners at distance 2^i exchange the products that they have, so that each then has the product
// of an aligned range of 2^(i+1) ranks; after log2 p rounds everybody has everything. If p = 2^k + e, the first 2e
// ranks fold in neighbouring pairs before and share the result afterwards, so ranges stay consecutive and the order is
// kept. A scan only listens to the left: in round i rank r takes the product of the 2^i ranks up to r - 2^i.
//
//   p = 8, rank 5:  x5   + x4 from 4      -> x4.x5       (round 0)
//                        + x6.x7 from 7   -> x4..x7      (round 1)
//                        + x0..x3 from 1  -> x0..x7      (round 2)
//
// Cost (n elements): k rounds, k n elements a rank (e > 0: two more of each); scan: ceil(log2 p) rounds, exclusive: one
// more. Where it fits: small vectors. What a round has made is stored and sent on in one sentence; the own part is
// stored first, so that a rank and its partner multiply the same rounded values and get the same bits.
#include "algorithms/recursive_doubling.hpp"

#include <bit>

namespace treering {
namespace {

/// The largest power of two not above p.
Rank power_below(Rank ranks) {
  return static_cast<Rank>(std::bit_floor(static_cast<std::uint32_t>(ranks)));
}

/// Hillis-Steele over ranks first, first+1, ...: who hears whom.
struct Prefix {
  Rank rank, ranks, first;

  /// Who is `distance` to the left, if it takes part.
  Rank left(Rank distance) const { return rank - distance >= first ? rank - distance : nobody; }
  Rank right(Rank distance) const { return rank + distance < ranks ? rank + distance : nobody; }

  /// Sends on the product that this rank has before the round of `distance`; if it is complete, also for all later
  /// rounds.
  void tell(Lane::Sentence& sentence, Rank distance) const {
    for (; right(distance) != nobody; distance *= 2) {
      sentence.send(right(distance));
      if (left(distance) != nobody) return;
    }
  }
  /// All rounds, once the rank's own value is in `out` and has been told.
  void listen(Lane& lane, std::uint64_t count, Place out) const {
    for (Rank distance = 1; left(distance) != nobody; distance *= 2) {
      auto sentence = lane.step(count);
      sentence.recv(left(distance)).read(out).store(out);
      tell(sentence, 2 * distance);
    }
  }
};

}  // namespace

Schedule doubling_all_reduce(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  const Rank core = power_below(shape.ranks), pairs = shape.ranks - core, r = shape.rank;
  const std::uint64_t n = shape.count;
  const Place out = shape.out();
  // Of a pair, the second rank takes part, in the place of both.
  const auto place_of = [&](Rank rank) { return rank < 2 * pairs ? rank / 2 : rank - pairs; };
  const auto rank_at = [&](Rank place) { return place < pairs ? 2 * place + 1 : place + pairs; };
  const auto partner = [&](Rank distance) { return distance < core ? rank_at(place_of(r) ^ distance) : nobody; };
  const Rank paired = r < 2 * pairs ? r ^ 1 : nobody;
  if (paired > r) {
    lane.step(n).own(shape.x()).send(paired);
    lane.step(n).recv(paired).store(out);
    return schedule;
  }
  {
    auto sentence = lane.step(n);
    sentence.recv(paired).own(shape.x());
    if (core == 1) sentence.finish();
    sentence.store(out).send(partner(1));
  }
  for (Rank distance = 1; distance < core; distance *= 2) {
    const Rank q = partner(distance);
    const bool last = 2 * distance == core;
    auto sentence = lane.step(n);
    if (q < r)
      sentence.recv(q).read(out);
    else
      sentence.read(out).recv(q);
    if (last)
      sentence.finish().store(out).send(paired);
    else
      sentence.store(out).send(partner(2 * distance));
  }
  return schedule;
}

Schedule doubling_scan(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  const Prefix prefix{shape.rank, shape.ranks, 0};
  {
    auto sentence = lane.step(shape.count);
    sentence.own(shape.x()).store(shape.out());
    prefix.tell(sentence, 1);
  }
  prefix.listen(lane, shape.count, shape.out());
  return schedule;
}

// The scan of ranks 1..p-1 in which each has its left neighbour's contribution for its own.
Schedule doubling_exclusive_scan(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  const Prefix prefix{shape.rank, shape.ranks, 1};
  lane.step(shape.count).own(shape.x()).send(prefix.right(1));
  if (shape.rank == 0) return schedule;
  {
    auto sentence = lane.step(shape.count);
    sentence.recv(shape.rank - 1).store(shape.out());
    prefix.tell(sentence, 1);
  }
  prefix.listen(lane, shape.count, shape.out());
  return schedule;
}

Cost doubling_all_reduce_cost(const Shape& shape) {
  const auto core = static_cast<std::uint64_t>(power_below(shape.ranks));
  const std::uint64_t pairs = static_cast<std::uint64_t>(shape.ranks) - core, n = shape.count;
  const std::uint64_t k = rounds(static_cast<Rank>(core));
  const std::uint64_t folding = pairs > 0 ? 1 : 0;
  return {.steps = k + 2 * folding,
          .messages = k + folding,
          .volume = (k + folding) * n,
          .folded = (k + folding) * n,
          .all_messages = core * k + 2 * pairs,
          .all_volume = Wide{core * k + 2 * pairs} * n,
          .all_folded = Wide{core * k + pairs} * n};
}

Cost doubling_scan_cost(const Shape& shape) {
  const std::uint64_t q = rounds(shape.ranks), n = shape.count;
  std::uint64_t all = 0;
  for (std::uint64_t round = 0; round < q; ++round) all += static_cast<std::uint64_t>(shape.ranks) - (1ull << round);
  return {.steps = q,
          .messages = q,
          .volume = q * n,
          .folded = q * n,
          .all_messages = all,
          .all_volume = Wide{all} * n,
          .all_folded = Wide{all} * n};
}

Cost doubling_exclusive_scan_cost(const Shape& shape) {
  if (shape.ranks == 1) return {};
  Shape others = shape;
  others.ranks = shape.ranks - 1;
  Cost cost = doubling_scan_cost(others);
  const auto shifted = static_cast<std::uint64_t>(others.ranks);
  cost.steps += 1;
  cost.messages += 1;
  cost.volume += shape.count;
  cost.all_messages += shifted;
  cost.all_volume += Wide{shifted} * shape.count;
  return cost;
}

}  // namespace treering
