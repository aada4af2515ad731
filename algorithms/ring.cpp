// Ring.
//   Patarasuk, Yuan: Bandwidth optimal all-reduce algorithms for clusters of workstations. JPDC 69(2), 2009.
//
// The idea: the vector is cut into p chunks. Chunk c sets out at rank c+1 and goes once round the ring; every rank on
// its way multiplies its own part to it, and rank c, where it arrives last, has the product of all (reduce-scatter).
// Going round once more without multiplying, it tells everybody (all-gather). At any time every rank sends one chunk
// and receives another, so no link idles and none carries two.
//
//   p = 8, chunk 2:  x3 -> x3.x4 -> .x5 -> .x6 -> .x7 -> .x0 -> .x1 -> .x2 = the product, at rank 2, 7 hops
//                    then 2 -> 3 -> 4 -> 5 -> 6 -> 7 -> 0 -> 1, 7 hops
//
// Cost (n elements): p-1 steps and n(p-1)/p elements a rank for each half; nobody can send less. Step s moves chunk
// (rank - s - 1) mod p. Where it fits: large vectors, n >> 10 p alpha/beta, and any network, since neighbours are all
// it needs. The products begin at different ranks, so operators must be commutative; every chunk has one chain, so all
// ranks get the same bits. Partial products are nowhere stored: they go round in the wires, hence `circulates`.
#include "algorithms/ring.hpp"

namespace treering {
namespace {

struct Ring {
  explicit Ring(const Shape& shape)
      : ranks(shape.ranks),
        left(shape.ranks > 1 ? mod(shape.rank - 1, shape.ranks) : nobody),
        right(shape.ranks > 1 ? mod(shape.rank + 1, shape.ranks) : nobody) {}
  Rank ranks, left, right;
};

Schedule circulating() {
  Schedule schedule{std::vector<Lane>(1)};
  schedule.lanes[0].circulates = true;
  return schedule;
}

}  // namespace

Schedule ring_all_reduce(const Shape& shape) {
  Schedule schedule = circulating();
  Lane& lane = schedule.lanes[0];
  const Ring ring(shape);
  const Rank p = ring.ranks;
  const auto chunk = [&](Rank step) { return split(shape.count, p, mod(shape.rank - step - 1, p)); };
  for (Rank s = 0; s < p - 1; ++s) {
    const auto [at, n] = chunk(s);
    lane.step(n).recv(s > 0 ? ring.left : nobody).own(shape.x(at)).send(ring.right);
  }
  const auto [at, n] = chunk(p - 1);
  lane.step(n).recv(ring.left).own(shape.x(at)).finish().store(shape.out(at)).send(ring.right);
  for (Rank s = 0; s < p - 1; ++s) {
    const auto [there, m] = chunk(s);
    lane.step(m).recv(ring.left).store(shape.out(there)).send(s < p - 2 ? ring.right : nobody);
  }
  return schedule;
}

Schedule ring_reduce_scatter(const Shape& shape) {
  Schedule schedule = circulating();
  Lane& lane = schedule.lanes[0];
  const Ring ring(shape);
  const Rank p = ring.ranks;
  for (Rank s = 0; s < p - 1; ++s) {
    const auto [at, n] = shape.sends[mod(shape.rank - s - 1, p)];
    lane.step(n).recv(s > 0 ? ring.left : nobody).own(shape.x(at)).send(ring.right);
  }
  const auto [at, n] = shape.sends[shape.rank];
  lane.step(n).recv(ring.left).own(shape.x(at)).finish().store(shape.out(shape.in_place ? at : 0));
  return schedule;
}

Schedule ring_all_gather(const Shape& shape) {
  Schedule schedule = circulating();
  Lane& lane = schedule.lanes[0];
  const Ring ring(shape);
  const Rank p = ring.ranks;
  const auto [at, n] = shape.recvs[shape.rank];
  if (shape.in_place)
    lane.step(n).read(shape.out(at)).send(ring.right);
  else
    lane.step(n).read(shape.x()).store(shape.out(at)).send(ring.right);
  for (Rank s = 1; s < p; ++s) {
    const auto [there, m] = shape.recvs[mod(shape.rank - s, p)];
    lane.step(m).recv(ring.left).store(shape.out(there)).send(s < p - 1 ? ring.right : nobody);
  }
  return schedule;
}

Cost ring_all_reduce_cost(const Shape& shape) {
  const std::uint64_t hops = static_cast<std::uint64_t>(shape.ranks) - 1;
  const std::uint64_t once = all_but_one(shape.count, shape.ranks);
  return {.steps = 2 * hops,
          .messages = 2 * hops,
          .volume = 2 * once,
          .folded = once,
          .all_messages = 2 * hops * (hops + 1),
          .all_volume = Wide{2 * hops} * shape.count,
          .all_folded = Wide{hops} * shape.count};
}

Cost ring_reduce_scatter_cost(const Shape& shape) {
  const std::uint64_t hops = static_cast<std::uint64_t>(shape.ranks) - 1;
  const std::uint64_t once = all_but_one(shape.sends, shape.ranks);
  const Wide all = Wide{hops} * total(shape.sends, shape.ranks);
  return {.steps = hops,
          .messages = hops,
          .volume = once,
          .folded = once,
          .all_messages = hops * (hops + 1),
          .all_volume = all,
          .all_folded = all};
}

Cost ring_all_gather_cost(const Shape& shape) {
  const std::uint64_t hops = static_cast<std::uint64_t>(shape.ranks) - 1;
  return {.steps = hops,
          .messages = hops,
          .volume = all_but_one(shape.recvs, shape.ranks),
          .all_messages = hops * (hops + 1),
          .all_volume = Wide{hops} * total(shape.recvs, shape.ranks)};
}

}  // namespace treering
