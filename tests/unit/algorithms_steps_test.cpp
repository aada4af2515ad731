// Steps of time in the one-port model against the formulas of the papers.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "algorithms/binomial.hpp"
#include "algorithms/in_order_trees.hpp"
#include "algorithms/recursive_doubling.hpp"
#include "algorithms/ring.hpp"
#include "algorithms/two_tree.hpp"
#include "schedule/one_port.hpp"
#include "unit/algorithms_thorough.hpp"

namespace treering {
namespace {

using Maker = Schedule (*)(const Shape&);

std::vector<Schedule> schedules_of(Maker make, Rank ranks, std::uint64_t count) {
  std::vector<Schedule> schedules;
  for (Rank rank = 0; rank < ranks; ++rank) schedules.push_back(make({.ranks = ranks, .rank = rank, .count = count}));
  return schedules;
}

using NodeIn = std::function<Node(Tree, Rank)>;

/// Edges take turns by their colours; those that lead down carry nothing before `down_from`.
MayCross by_colours(const NodeIn& node_in, std::uint64_t down_from = 0) {
  return [=](const Crossing& crossing) {
    const auto tree = static_cast<Tree>(crossing.lane);
    const Node below = node_in(tree, crossing.to);
    const bool down = below.parent == crossing.from;
    const int colour = down ? below.colour : node_in(tree, crossing.from).colour;
    return crossing.time % 2 == (colour == 1 ? 0u : 1u) && !(down && crossing.time < down_from);
  };
}

std::uint64_t steps(Maker make, Rank ranks, std::uint64_t count, const MayCross& may_cross = {}) {
  const auto schedules = schedules_of(make, ranks, count);
  const auto taken = one_port_steps(schedules, may_cross);
  EXPECT_TRUE(taken) << taken.error().message;
  return taken ? *taken : 0;
}

class TwoTreeSteps : public testing::TestWithParam<std::uint64_t> {
 protected:
  /// k blocks in each tree, an element a block.
  std::uint64_t blocks() const { return GetParam(); }
  static std::vector<Rank> ranks() {
    std::vector<Rank> all;
    for (Rank p = 2; p <= (thorough ? 34 : 10); ++p) all.push_back(p);
    if (thorough) all.insert(all.end(), {63, 64, 65, 100, 127, 129});
    return all;
  }
};

TEST_P(TwoTreeSteps, OfBroadcastAndReduceAreTwoPerRoundAndTwoPerBlock) {
  for (const Rank p : ranks()) {
    const auto colours = by_colours([p](Tree tree, Rank rank) { return rooted(tree, p, rank, 0); });
    const std::uint64_t most = 2 * rounds(p) + 2 * blocks() - 2;
    EXPECT_LE(steps(two_tree_broadcast, p, 2 * blocks(), colours), most) << p << " ranks";
    EXPECT_LE(steps(two_tree_reduce, p, 2 * blocks(), colours), most) << p << " ranks";
  }
}

TEST_P(TwoTreeSteps, OfAllReduceAreTwiceAsMany) {
  for (const Rank p : ranks()) {
    const NodeIn node_in = [p](Tree tree, Rank rank) { return rootless(tree, p, rank); };
    const std::uint64_t up = 2 * rounds(p) + 2 * blocks() - 2;
    EXPECT_LE(steps(two_tree_all_reduce, p, 2 * blocks(), by_colours(node_in, up)), 2 * up) << p << " ranks";
  }
}

// One phase up and one phase down; what a rank sends to the right on the way up also waits for the second.
TEST_P(TwoTreeSteps, OfScansAreFourPerRoundAndFourPerBlock) {
  for (const Rank p : ranks()) {
    const NodeIn node_in = [p](Tree tree, Rank rank) { return rootless(tree, p, rank); };
    const auto colours = by_colours(node_in, 2 * rounds(p) + 2 * blocks());
    const std::uint64_t most = 4 * rounds(p) + 4 * blocks();
    EXPECT_LE(steps(two_tree_scan, p, 2 * blocks(), colours), most) << p << " ranks";
    EXPECT_LE(steps(two_tree_exclusive_scan, p, 2 * blocks(), colours), most) << p << " ranks";
  }
}

INSTANTIATE_TEST_SUITE_P(Blocks, TwoTreeSteps, testing::Values(1, 2, 3, 8));

TEST(TwoTreeSteps, FeelAWrongColour) {
  constexpr Rank p = 16;
  constexpr std::uint64_t blocks = 8;
  const NodeIn wrong = [](Tree tree, Rank rank) {
    Node node = rooted(tree, p, rank, 0);
    if (tree == Tree::first && rank == 8) node.colour ^= 1;  // the edge that feeds the first tree
    return node;
  };
  EXPECT_GT(steps(two_tree_broadcast, p, 2 * blocks, by_colours(wrong)), 2 * rounds(p) + 2 * blocks - 2);
}

TEST(Steps, OfDoublingAndBinomialTreesAreRounds) {
  for (const Rank p : {2, 4, 8, 16, 32}) EXPECT_EQ(steps(doubling_all_reduce, p, 1), rounds(p)) << p;
  for (Rank p = 2; p <= 33; ++p) {
    EXPECT_EQ(steps(doubling_scan, p, 1), rounds(p)) << p;
    EXPECT_EQ(steps(binomial_broadcast, p, 1), rounds(p)) << p;
    EXPECT_EQ(steps(binomial_reduce, p, 1), rounds(p)) << p;
  }
}

TEST(Steps, OfARingAreHops) {
  for (Rank p = 2; p <= 17; ++p)
    EXPECT_EQ(steps(ring_all_reduce, p, static_cast<std::uint64_t>(p)), 2 * static_cast<std::uint64_t>(p) - 2) << p;
}

}  // namespace
}  // namespace treering
