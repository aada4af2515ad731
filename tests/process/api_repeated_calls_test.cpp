// Calls that are alike share a plan, which keeps its operation: nothing of one call must be seen by the next.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "treering/communicator.hpp"

namespace treering {
namespace {

constexpr Rank ranks = 3;
using Vector = std::array<std::int64_t, 4>;  // fits a line

std::int64_t contribution(Rank rank, std::size_t k) {
  return 3 * rank + 2 + static_cast<std::int64_t>(k * k);
}
Vector vector_of(Rank rank) {
  Vector values;
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = contribution(rank, k);
  return values;
}

class RepeatedCalls : public testing::Test {
 protected:
  void SetUp() override {
    auto made = Communicator::create_all(ranks);
    ASSERT_TRUE(made) << made.error().message;
    all_ = *std::move(made);
  }

  /// What `op` makes of all ranks' vectors, on every rank.
  std::vector<Vector> reduced(const Operator& op) {
    std::vector<Vector> inputs, outputs(ranks);
    for (Rank rank = 0; rank < ranks; ++rank) inputs.push_back(vector_of(rank));
    Group group;
    for (Communicator& one : all_) {
      const auto r = static_cast<std::size_t>(one.rank());
      const auto called = one.all_reduce(std::span<const std::int64_t>(inputs[r]), std::span(outputs[r]), op);
      EXPECT_TRUE(called) << called.error().message;
    }
    const auto ended = group.end();
    EXPECT_TRUE(ended) << ended.error().message;
    return outputs;
  }

  std::vector<Communicator> all_;
};

TEST_F(RepeatedCalls, EachUsesItsOwnCallableAndLetsGoOfIt) {
  for (const std::int64_t weight : {2, 5, 1}) {
    const auto seen = std::make_shared<std::int64_t>(weight);
    const std::weak_ptr<std::int64_t> alive = seen;
    {
      const auto op = Operator::of<std::int64_t>([seen](std::int64_t a, std::int64_t b) { return a + b + *seen; },
                                                 Order::commutative);
      for (const Vector& result : reduced(op))
        for (std::size_t k = 0; k < result.size(); ++k)
          EXPECT_EQ(result[k], contribution(0, k) + contribution(1, k) + contribution(2, k) + 2 * weight);
    }
    EXPECT_EQ(alive.use_count(), 1) << "the library keeps a callable whose call is over";
  }
}

TEST_F(RepeatedCalls, TwiceInAGroupWithTwoScalesThenMessages) {
  std::vector<Vector> inputs, twice(ranks), thrice(ranks), heard(ranks);
  for (Rank rank = 0; rank < ranks; ++rank) inputs.push_back(vector_of(rank));
  Group group;
  for (Communicator& one : all_) {
    const auto r = static_cast<std::size_t>(one.rank());
    const std::span<const std::int64_t> input(inputs[r]);
    EXPECT_TRUE(one.all_reduce(input, std::span(twice[r]), Operator::premultiplied_sum(std::int64_t{2})));
    EXPECT_TRUE(one.all_reduce(input, std::span(thrice[r]), Operator::premultiplied_sum(std::int64_t{3})));
  }
  ASSERT_TRUE(group.end());
  Group messages;
  for (Communicator& one : all_) {
    const auto r = static_cast<std::size_t>(one.rank());
    EXPECT_TRUE(one.send(std::span<const std::int64_t>(inputs[r]), (one.rank() + 1) % ranks));
    EXPECT_TRUE(one.recv(std::span(heard[r]), (one.rank() + ranks - 1) % ranks));
  }
  ASSERT_TRUE(messages.end());
  for (Rank rank = 0; rank < ranks; ++rank)
    for (std::size_t k = 0; k < inputs[0].size(); ++k) {
      const auto r = static_cast<std::size_t>(rank);
      const std::int64_t sum = contribution(0, k) + contribution(1, k) + contribution(2, k);
      EXPECT_EQ(twice[r][k], 2 * sum);
      EXPECT_EQ(thrice[r][k], 3 * sum);
      EXPECT_EQ(heard[r][k], contribution((rank + ranks - 1) % ranks, k));
    }
}

TEST_F(RepeatedCalls, EverNewCountsForgetPlansAndTheirOperations) {
  constexpr std::size_t more_than_are_kept = 1100;
  std::vector<std::vector<std::int64_t>> data(ranks);
  for (std::size_t count = 1; count <= more_than_are_kept; ++count) {
    Group group;
    for (Communicator& one : all_) {
      auto& mine = data[static_cast<std::size_t>(one.rank())];
      mine.resize(count);
      for (std::size_t k = 0; k < count; ++k) mine[k] = contribution(one.rank(), k);
      EXPECT_TRUE(one.all_reduce(std::span<const std::int64_t>(mine), std::span(mine)));
    }
    ASSERT_TRUE(group.end());
    for (const auto& mine : data)
      ASSERT_EQ(mine[count - 1], contribution(0, count - 1) + contribution(1, count - 1) + contribution(2, count - 1));
  }
}

}  // namespace
}  // namespace treering
