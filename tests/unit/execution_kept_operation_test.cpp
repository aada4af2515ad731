// An operation that is kept runs its program again with nothing but new buffers, and only once at a time.
#include <gtest/gtest.h>

#include <array>

#include "algorithms/catalogue.hpp"
#include "execution/engine.hpp"
#include "support/memory_wires.hpp"

namespace treering {
namespace {

constexpr std::uint64_t count = 5;
using Values = std::array<float, count>;

Values values_from(float first) {
  Values values;
  for (std::size_t k = 0; k < count; ++k) values[k] = first + static_cast<float>(k);
  return values;
}

/// A rank alone, whose all-reduce brings its input to its output.
class KeptOperation : public testing::Test {
 protected:
  void SetUp() override {
    Shape shape{.ranks = 1, .rank = 0, .count = count};
    auto bound = bind(*make(**find_row(Collective::all_reduce, "direct"), shape), wires_.of(0));
    ASSERT_TRUE(bound) << bound.error().message;
    program_ = *std::move(bound);
  }

  void describe(Launch& launch) {
    launch.program = &program_;
    launch.work = {};
    launch.work.element_bytes = launch.work.arithmetic.element_bytes = sizeof(float);
    launch.work.arithmetic.type = DataType::float32;
    launch.work.kernel = kernel_for(launch.work.arithmetic);
  }
  static void give(Launch& launch, const Values& input, Values& output) {
    launch.op = Reduction::sum;
    launch.work.base[static_cast<int>(Buffer::input)] = reinterpret_cast<std::uintptr_t>(input.data());
    launch.work.base[static_cast<int>(Buffer::output)] = reinterpret_cast<std::uintptr_t>(output.data());
  }

  test::MemoryWires wires_{1, 4096, test::Lending::nothing};
  Program program_;
  Operation kept_;
  Engine engine_{{}, Pace()};
};

TEST_F(KeptOperation, RunsAgainWithNewBuffersAlone) {
  describe(engine_.prepare(kept_));
  engine_.drop_prepared();
  for (const float first : {1.0f, 100.0f, 7.0f}) {
    const Values input = values_from(first);
    Values output{};
    Launch& launch = engine_.prepare(kept_);
    ASSERT_EQ(&launch, &kept_.launch);
    ASSERT_EQ(launch.program, &program_);
    give(launch, input, output);
    EXPECT_TRUE(engine_.done(engine_.start()));
    EXPECT_EQ(output, input);
  }
}

TEST_F(KeptOperation, RunsOnceAtATime) {
  const Values inputs[] = {values_from(1), values_from(50)};
  Values outputs[2] = {};
  for (int k = 0; k < 2; ++k) {
    Launch& launch = engine_.prepare(kept_);
    EXPECT_EQ(&launch == &kept_.launch, k == 0);
    EXPECT_EQ(launch.program, nullptr);
    describe(launch);
    give(launch, inputs[k], outputs[k]);
  }
  const Ticket ticket = engine_.start();
  while (!engine_.done(ticket)) ASSERT_TRUE(engine_.progress());
  EXPECT_EQ(outputs[0], inputs[0]);
  EXPECT_EQ(outputs[1], inputs[1]);
  EXPECT_EQ(&engine_.prepare(kept_), &kept_.launch);
}

}  // namespace
}  // namespace treering
