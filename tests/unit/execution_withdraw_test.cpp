// After a failed operation its buffers are the user's again: here they are taken away altogether, and the peer, which
// was to read them or to write to them, goes on.
#include <gtest/gtest.h>

#include "algorithms/catalogue.hpp"
#include "execution/engine.hpp"
#include "support/launch.hpp"
#include "support/memory_wires.hpp"
#include "transports/mapping.hpp"

namespace treering {
namespace {

constexpr std::uint64_t elements = 4096;
constexpr Rank ranks = 2;

/// Two ranks in one thread, each with an engine, an input and an output of its own, which can vanish.
class Pair {
 public:
  explicit Pair(const char* algorithm, Collective collective) : wires_(ranks, 4096, test::Lending::all) {
    for (Rank rank = 0; rank < ranks; ++rank) {
      inputs_[rank] = *map_private(elements * sizeof(float));
      outputs_[rank] = *map_private(ranks * elements * sizeof(float));
      for (std::uint64_t k = 0; k < elements; ++k) input(rank)[k] = static_cast<float>(rank * 10000 + k);
      start(rank, **find_row(collective, algorithm));
    }
  }

  void take_buffers_away(Rank rank) {
    inputs_[rank] = Mapping();
    outputs_[rank] = Mapping();
  }
  float* input(Rank rank) { return reinterpret_cast<float*>(inputs_[rank].first()); }
  float* output(Rank rank) { return reinterpret_cast<float*>(outputs_[rank].first()); }
  Engine& engine(Rank rank) { return engines_[rank]; }

 private:
  void start(Rank rank, const CatalogueRow& row) {
    Shape shape{.ranks = ranks, .rank = rank, .count = elements};
    shape.sends.each = shape.recvs.each = elements;
    auto program = bind(*make(row, shape), wires_.of(rank));
    ASSERT_TRUE(program) << program.error().message;
    Launch& launch = engines_[rank].prepare();
    launch = test::launch_of(*std::move(program));
    launch.work.element_bytes = launch.work.arithmetic.element_bytes = sizeof(float);
    launch.work.arithmetic.type = DataType::float32;
    launch.work.kernel = kernel_for(launch.work.arithmetic);
    launch.work.digest = 77;
    launch.work.base[static_cast<int>(Buffer::input)] = reinterpret_cast<std::uintptr_t>(input(rank));
    launch.work.base[static_cast<int>(Buffer::output)] = reinterpret_cast<std::uintptr_t>(output(rank));
    engines_[rank].start();
  }

  test::MemoryWires wires_;
  Mapping inputs_[ranks], outputs_[ranks];
  static constexpr Pace slices{1024, 2048};
  Engine engines_[ranks] = {Engine({}, slices), Engine({}, slices)};
};

TEST(Withdrawal, LentMemoryIsNotReadAnyMore) {
  Pair pair("direct", Collective::all_gather);
  pair.engine(0).progress();  // has lent its input
  pair.engine(0).withdraw();
  EXPECT_TRUE(pair.engine(0).idle());
  pair.take_buffers_away(0);
  for (int times = 0; times < 10; ++times) pair.engine(1).progress();
  EXPECT_FALSE(pair.engine(1).idle());
}

TEST(Withdrawal, OfferedMemoryIsNotWrittenAnyMore) {
  Pair pair("direct-halves", Collective::all_reduce);
  for (int slice = 0; slice < 2; ++slice) pair.engine(0).progress();  // has offered its output, and lent its input
  pair.engine(1).progress();                                          // has lent, and has begun to write there
  bool landed = false;
  for (std::uint64_t k = elements / 2; k < elements; ++k) landed |= pair.output(0)[k] != 0;
  EXPECT_TRUE(landed) << "or this test is about nothing";
  pair.engine(0).withdraw();
  pair.take_buffers_away(0);
  for (int times = 0; times < 10; ++times) pair.engine(1).progress();
  EXPECT_FALSE(pair.engine(1).idle());
}

TEST(Withdrawal, OfNothingIsNothing) {
  Pair pair("direct-halves", Collective::all_reduce);
  while (!pair.engine(0).idle() || !pair.engine(1).idle()) {
    pair.engine(0).progress();
    pair.engine(1).progress();
  }
  pair.engine(0).withdraw();
  for (std::uint64_t k = 0; k < elements; ++k) ASSERT_EQ(pair.output(1)[k], static_cast<float>(10000 + 2 * k));
}

}  // namespace
}  // namespace treering
