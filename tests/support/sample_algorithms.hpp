// Small all-reduces, one of each kind, for tests that must not depend on the algorithms of the library.
#pragma once

#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering::test {

/// Goes round; commutative operators. Every block sets out at the rank after its own.
inline Schedule sample_ring(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  lane.circulates = true;
  const Rank p = shape.ranks;
  const Rank left = mod(shape.rank - 1, p);
  const Rank right = mod(shape.rank + 1, p);
  for (Rank k = 0; k < 2 * p - 1; ++k) {
    const Block block = split(shape.count, p, mod(shape.rank - k - 1, p));
    auto sentence = lane.step(block.count);
    sentence.recv(k > 0 ? left : nobody);
    if (k < p) sentence.own(shape.x(block.first));
    if (k == p - 1) sentence.finish();
    if (k >= p - 1) sentence.store(shape.out(block.first));
    sentence.send(k < 2 * p - 2 ? right : nobody);
  }
  return schedule;
}

/// Up a chain of ranks and down again, in two lanes, of which the second is read backwards; order kept.
inline Schedule sample_chains(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(2)};
  for (Rank l = 0; l < 2; ++l) {
    Lane& lane = schedule.lanes[static_cast<std::size_t>(l)];
    const Block half = split(shape.count, 2, l);
    const Rank before = shape.rank - 1;  // nobody at rank 0
    const Rank behind = shape.rank + 1 < shape.ranks ? shape.rank + 1 : nobody;
    const Rank child = l == 0 ? before : behind;
    const Rank parent = l == 0 ? behind : before;
    {
      auto up = lane.step(half.count);
      up.recv(l == 0 ? child : nobody).own(shape.x(half.first)).recv(l == 0 ? nobody : child).send(parent);
      if (parent == nobody) up.finish().store(shape.out(half.first)).send(child);
    }
    if (parent != nobody) lane.step(half.count).recv(parent).store(shape.out(half.first)).send(child);
  }
  return schedule;
}

/// Partners at distance 1, 2, 4 ... exchange what they have; ranks a power of two; order kept. Partial products rest in
/// the output, where the next round reads them.
inline Schedule sample_doubling(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  for (Rank distance = 1; distance < shape.ranks; distance *= 2) {
    const Rank partner = shape.rank ^ distance;
    const auto say_mine = [&](Lane::Sentence& sentence) {
      distance == 1 ? sentence.own(shape.x()) : sentence.read(shape.out());
    };
    {
      auto tell = lane.step(shape.count);
      say_mine(tell);
      tell.send(partner);
    }
    auto join = lane.step(shape.count);
    join.recv(partner < shape.rank ? partner : nobody);
    say_mine(join);
    join.recv(partner > shape.rank ? partner : nobody);
    if (2 * distance == shape.ranks) join.finish();
    join.store(shape.out());
  }
  return schedule;
}

/// Every block is told to the rank that folds it, and told on; in place or not, the blocks move through the output.
/// Order kept.
inline Schedule sample_halves(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(1)};
  Lane& lane = schedule.lanes[0];
  const auto block = [&](Rank rank) { return split(shape.count, shape.ranks, rank); };
  const Block mine = block(shape.rank);
  for (Rank q = 0; q < shape.ranks; ++q)
    lane.step(block(q).count).own(shape.x(block(q).first)).send(q == shape.rank ? nobody : q);
  {
    auto fold = lane.step(mine.count);
    for (Rank q = 0; q < shape.ranks; ++q) q == shape.rank ? fold.own(shape.x(mine.first)) : fold.recv(q);
    fold.finish().store(shape.out(mine.first));
  }
  {
    auto tell = lane.step(mine.count);
    tell.read(shape.out(mine.first));
    for (Rank q = 0; q < shape.ranks; ++q) tell.send(q == shape.rank ? nobody : q);
  }
  for (Rank q = 0; q < shape.ranks; ++q)
    if (q != shape.rank) lane.step(block(q).count).recv(q).store(shape.out(block(q).first));
  return schedule;
}

}  // namespace treering::test
