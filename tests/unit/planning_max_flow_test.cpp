// Flows against the cuts that limit them.
#include "planning/max_flow.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace treering {
namespace {

using Mask = std::uint32_t;  // node i is bit i

std::vector<Pipe> random_pipes(std::mt19937& random, NodeIndex nodes) {
  std::vector<Pipe> pipes;
  for (NodeIndex from = 0; from < nodes; ++from)
    for (NodeIndex to = 0; to < nodes; ++to)
      if (from != to && random() % 3 == 0)
        pipes.push_back({from, to, static_cast<Capacity>(random() % 20), static_cast<Capacity>(random() % 5)});
  return pipes;
}

Capacity into(const std::vector<Pipe>& pipes, Mask set) {
  Capacity sum = 0;
  for (const Pipe& pipe : pipes) {
    const bool holds_from = (set >> pipe.from & 1) != 0;
    const bool holds_to = (set >> pipe.to & 1) != 0;
    if (holds_to && !holds_from) sum += pipe.forwards;
    if (holds_from && !holds_to) sum += pipe.backwards;
  }
  return sum;
}

/// The least into any set with the sink and without the source, and the intersection of all sets with that little.
struct LeastCut {
  Capacity capacity = unbounded;
  Mask side = 0;
};

LeastCut least_cut(const std::vector<Pipe>& pipes, NodeIndex nodes, NodeIndex source, NodeIndex sink) {
  LeastCut least;
  for (Mask set = 0; set < Mask{1} << nodes; ++set) {
    if ((set >> source & 1) != 0 || (set >> sink & 1) == 0) continue;
    const Capacity capacity = into(pipes, set);
    if (capacity < least.capacity)
      least = {capacity, set};
    else if (capacity == least.capacity)
      least.side &= set;
  }
  return least;
}

Mask mask_of(const std::vector<bool>& set) {
  Mask mask = 0;
  for (std::size_t node = 0; node < set.size(); ++node) mask |= Mask{set[node]} << node;
  return mask;
}

TEST(MaxFlow, IsTheSmallestCutAndFindsTheSmallestSide) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    const NodeIndex nodes = 2 + seed % 8;
    const auto pipes = random_pipes(random, nodes);
    MaxFlow network(nodes, pipes);
    for (NodeIndex sink = 1; sink < nodes; ++sink) {  // one network, many flows
      const LeastCut cut = least_cut(pipes, nodes, 0, sink);
      ASSERT_EQ(network.flow(0, sink), cut.capacity);
      ASSERT_EQ(mask_of(network.sink_side()), cut.side);
    }
  }
}

TEST(MaxFlow, StopsAtEnough) {
  const std::vector<Pipe> pipes{{0, 1, 5, 0}, {1, 2, 4, 0}, {0, 2, 3, 0}};
  MaxFlow network(3, pipes);
  EXPECT_EQ(network.flow(0, 2), 7);
  for (const Capacity enough : {0, 1, 5, 7}) EXPECT_EQ(network.flow(0, 2, enough), enough);
  EXPECT_EQ(network.flow(0, 2, 8), 7);
}

TEST(MaxFlow, FollowsChangedCapacities) {
  const std::vector<Pipe> pipes{{0, 1, 5, 0}, {2, 1, 0, 4}};  // the second lies backwards
  MaxFlow network(3, pipes);
  EXPECT_EQ(network.flow(0, 2), 4);
  network.set_capacity(1, 9, 6);
  EXPECT_EQ(network.flow(0, 2), 5);
  EXPECT_EQ(network.flow(2, 0), 0);
  network.set_capacity(0, 5, 7);
  EXPECT_EQ(network.flow(2, 0), 7);
}

TEST(MaxFlow, UndoesAPathThatStoodInTheWay) {
  // The first path is 0 -> 1 -> 3 -> 5. Then 0 -> 2 -> 3 can go on only if 1 turns to 4.
  const std::vector<Pipe> pipes{{0, 1, 1, 0}, {0, 2, 1, 0}, {1, 3, 1, 0}, {1, 4, 1, 0},
                                {2, 3, 1, 0}, {3, 5, 1, 0}, {4, 5, 1, 0}};
  EXPECT_EQ(MaxFlow(6, pipes).flow(0, 5), 2);
}

TEST(MaxFlow, CarriesCapacitiesThatFillSixtyBits) {
  const Capacity large = unbounded / 2 - 1;
  const std::vector<Pipe> pipes{{0, 1, unbounded, 0}, {1, 2, large, large}, {0, 2, large, 0}};
  EXPECT_EQ(MaxFlow(3, pipes).flow(0, 2), 2 * large);
}

}  // namespace
}  // namespace treering
