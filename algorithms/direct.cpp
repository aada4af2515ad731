// Direct exchange.
//   Chan, Heimlich, Purkayastha, van de Geijn: Collective communication: theory, practice, and experience. Concurrency
//   and Computation 19(13), 2007 (simultaneous trees of depth one, and reduce-scatter with all-gather for long
//   vectors).
//
// The idea: nobody passes on what is meant for another. Everybody tells everybody, and each rank multiplies all p
// operands in one sentence, in rank order, which an engine folds in one pass over memory. Long vectors: every rank does
// so for one block of p (reduce-scatter) and tells the others the result in the same sentence (all-gather): what a ring
// sends, and every operand and result passes the processor once.
//
//   p = 8, all-reduce, rank 2:  x2 -> 0 1 3 4 5 6 7;   x0.x1.x2.x3.x4.x5.x6.x7 -> output
//   direct-halves, rank 2:      block q of x2 -> q;    block 2 of x0.x1. ... .x7 -> 0 1 3 4 5 6 7
//
// Cost (n elements): all-reduce one step, p-1 messages and (p-1)n elements a rank; reduce-scatter, all-gather one step,
// p-1 messages and n(p-1)/p elements; both: two steps. Where it fits: few ranks, or ranks on one host, where any two
// share memory. Sends go round from the right neighbour on, so that not everybody talks to rank 0 first.
#include "algorithms/direct.hpp"

namespace treering {
namespace {

std::uint64_t others(const Shape& shape) {
  return static_cast<std::uint64_t>(shape.ranks) - 1;
}

/// To everybody else, from the right neighbour on.
void send_round(Lane::Sentence& sentence, const Shape& shape) {
  for (Rank k = 1; k < shape.ranks; ++k) sentence.send(mod(shape.rank + k, shape.ranks));
}

/// x0 . x1 ... in rank order, this rank's part by `mine`, the others' from their wires; finished.
template <class Mine>
void fold_round(Lane::Sentence& sentence, const Shape& shape, const Mine& mine) {
  for (Rank q = 0; q < shape.ranks; ++q)
    if (q == shape.rank)
      mine();
    else
      sentence.recv(q);
  sentence.finish();
}

/// Block q of this rank's part to rank q.
template <class Blocks>
void tell_blocks(Lane& lane, const Shape& shape, const Blocks& blocks) {
  for (Rank k = 1; k < shape.ranks; ++k) {
    const Rank q = mod(shape.rank + k, shape.ranks);
    const auto [at, n] = blocks(q);
    lane.step(n).own(shape.x(at)).send(q);
  }
}

/// Rank q's block to its place in the output.
template <class Blocks>
void hear_blocks(Lane& lane, const Shape& shape, const Blocks& blocks) {
  for (Rank k = 1; k < shape.ranks; ++k) {
    const Rank q = mod(shape.rank - k, shape.ranks);
    const auto [at, n] = blocks(q);
    lane.step(n).recv(q).store(shape.out(at));
  }
}

}  // namespace

// The own part is stored before it is sent and multiplied: with an operator that scales, all ranks multiply the same
// rounded values, and so get the same bits.
Schedule direct_all_reduce(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  if (shape.ranks == 1) {
    lane.step(shape.count).own(shape.x()).finish().store(shape.out());
    return schedule;
  }
  {
    auto tell = lane.step(shape.count);
    tell.own(shape.x()).store(shape.out());
    send_round(tell, shape);
  }
  {
    auto fold = lane.step(shape.count);
    fold_round(fold, shape, [&] { fold.read(shape.out()); });
    fold.store(shape.out());
  }
  return schedule;
}

Schedule direct_halves_all_reduce(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  lane.circulates = shape.ranks > 1;  // results go out on the wires that operands have come by
  lane.answers = true;                // the result of a block comes from the rank that was told it
  const auto blocks = [&](Rank q) { return split(shape.count, shape.ranks, q); };
  tell_blocks(lane, shape, blocks);
  {
    const auto [at, n] = blocks(shape.rank);
    auto sentence = lane.step(n);
    fold_round(sentence, shape, [&, first = at] { sentence.own(shape.x(first)); });
    sentence.store(shape.out(at));
    send_round(sentence, shape);
  }
  hear_blocks(lane, shape, blocks);
  return schedule;
}

Schedule direct_reduce_scatter(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  const auto blocks = [&](Rank q) { return shape.sends[q]; };
  tell_blocks(lane, shape, blocks);
  const auto [at, n] = blocks(shape.rank);
  auto sentence = lane.step(n);
  fold_round(sentence, shape, [&, first = at] { sentence.own(shape.x(first)); });
  sentence.store(shape.out(shape.in_place ? at : 0));
  return schedule;
}

Schedule direct_all_gather(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  const auto blocks = [&](Rank q) { return shape.recvs[q]; };
  {
    const auto [at, n] = blocks(shape.rank);
    auto sentence = lane.step(n);
    sentence.read(shape.x(shape.in_place ? at : 0));
    if (!shape.in_place) sentence.store(shape.out(at));
    send_round(sentence, shape);
  }
  hear_blocks(lane, shape, blocks);
  return schedule;
}

Schedule direct_broadcast(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  if (shape.rank != shape.root) {
    lane.step(shape.count).recv(shape.root).store(shape.out());
  } else {
    auto sentence = lane.step(shape.count);
    sentence.read(shape.x());
    if (!shape.in_place) sentence.store(shape.out());
    send_round(sentence, shape);
  }
  return schedule;
}

Schedule direct_reduce(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  if (shape.rank != shape.root) {
    lane.step(shape.count).own(shape.x()).send(shape.root);
  } else {
    auto sentence = lane.step(shape.count);
    fold_round(sentence, shape, [&] { sentence.own(shape.x()); });
    sentence.store(shape.out());
  }
  return schedule;
}

Cost direct_all_reduce_cost(const Shape& shape) {
  const std::uint64_t m = others(shape), all = m * (m + 1), n = shape.count;
  return {.steps = m > 0 ? 1u : 0u,
          .messages = m,
          .volume = m * n,
          .folded = m * n,
          .all_messages = all,
          .all_volume = Wide{all} * n,
          .all_folded = Wide{all} * n};
}

Cost direct_halves_all_reduce_cost(const Shape& shape) {
  const std::uint64_t m = others(shape), once = m * split(shape.count, shape.ranks, 0).count;
  const Wide all = Wide{m} * shape.count;
  return {.steps = m > 0 ? 2u : 0u,
          .messages = 2 * m,
          .volume = 2 * once,
          .folded = once,
          .all_messages = 2 * m * (m + 1),
          .all_volume = 2 * all,
          .all_folded = all};
}

Cost direct_reduce_scatter_cost(const Shape& shape) {
  const std::uint64_t m = others(shape), once = m * largest(shape.sends, shape.ranks);
  const Wide all = Wide{m} * total(shape.sends, shape.ranks);
  return {.steps = m > 0 ? 1u : 0u,
          .messages = m,
          .volume = once,
          .folded = once,
          .all_messages = m * (m + 1),
          .all_volume = all,
          .all_folded = all};
}

Cost direct_all_gather_cost(const Shape& shape) {
  const std::uint64_t m = others(shape);
  return {.steps = m > 0 ? 1u : 0u,
          .messages = m,
          .volume = m * largest(shape.recvs, shape.ranks),
          .all_messages = m * (m + 1),
          .all_volume = Wide{m} * total(shape.recvs, shape.ranks)};
}

Cost direct_broadcast_cost(const Shape& shape) {
  const std::uint64_t m = others(shape), n = shape.count;
  return {.steps = m > 0 ? 1u : 0u, .messages = m, .volume = m * n, .all_messages = m, .all_volume = Wide{m} * n};
}

Cost direct_reduce_cost(const Shape& shape) {
  Cost cost = direct_broadcast_cost(shape);
  cost.folded = cost.volume;
  cost.all_folded = cost.all_volume;
  return cost;
}

}  // namespace treering
