// Values for several peers are written once, to memory that is used again when all of these have read it.
#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <random>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "execution/engine.hpp"
#include "support/launch.hpp"
#include "support/memory_wires.hpp"

namespace treering {
namespace {

constexpr Rank ranks = 3;
constexpr int broadcasts = 200;

/// Broadcast number `which`: so many elements, and what they are.
std::vector<int> message(int which) {
  std::vector<int> elements(static_cast<std::size_t>(20 + 37 * which % 108));
  std::iota(elements.begin(), elements.end(), 1000 * which);
  return elements;
}

/// A root that is ahead of its peers by as much as wires and memory allow.
class Broadcasts {
 public:
  Broadcasts() {
    for (Rank rank = 0; rank < ranks; ++rank)
      for (int which = 0; which < broadcasts; ++which) buffers_[rank].push_back(message(which));
    for (Rank rank = 1; rank < ranks; ++rank)
      for (auto& buffer : buffers_[rank]) std::fill(buffer.begin(), buffer.end(), -1);
  }

  void start(Rank rank, int which) {
    auto& buffer = buffers_[rank][static_cast<std::size_t>(which)];
    const Shape shape{.ranks = ranks, .rank = rank, .root = 0, .count = buffer.size(), .in_place = true};
    auto program = bind(*make(**find_row(Collective::broadcast, "direct"), shape), wires_.of(rank));
    ASSERT_TRUE(program) << program.error().message;
    Launch& launch = engines_[rank].prepare();
    launch = test::launch_of(*std::move(program));
    launch.work.element_bytes = sizeof(int);
    launch.work.arithmetic.element_bytes = 1;
    launch.work.kernel = kernel_for(launch.work.arithmetic);
    launch.work.digest = static_cast<std::uint32_t>(which) + 1;
    launch.work.base[static_cast<int>(Buffer::output)] = reinterpret_cast<std::uintptr_t>(buffer.data());
    engines_[rank].start();
  }
  /// The root's buffer is its own again as soon as its part is over.
  void overwrite_root(int which) {
    auto& buffer = buffers_[0][static_cast<std::size_t>(which)];
    std::fill(buffer.begin(), buffer.end(), -2);
  }
  Engine& engine(Rank rank) { return engines_[rank]; }
  const std::vector<int>& got(Rank rank, int which) const { return buffers_[rank][static_cast<std::size_t>(which)]; }

 private:
  test::MemoryWires wires_{ranks, 512, test::Lending::staging};
  std::array<std::vector<std::vector<int>>, ranks> buffers_;
  static constexpr Pace slices{96, 256};
  std::array<Engine, ranks> engines_ = {Engine({}, slices, wires_.staging_of(0)),
                                        Engine({}, slices, wires_.staging_of(1)),
                                        Engine({}, slices, wires_.staging_of(2))};
};

TEST(Staging, IsUsedAgainOnlyWhenAllHaveRead) {
  Broadcasts all;
  std::mt19937 random(7);
  std::array<int, ranks> begun{};
  for (int idle = 0; idle < 1000; ++idle) {
    for (Rank rank = 0; rank < ranks; ++rank) {
      if (rank > 0 && random() % 8 != 0) continue;  // the peers are late, one more than the other
      while (begun[rank] < broadcasts && all.engine(rank).idle()) {
        if (rank == 0 && begun[0] > 0) all.overwrite_root(begun[0] - 1);
        all.start(rank, begun[rank]++);
        all.engine(rank).progress();
      }
      if (all.engine(rank).progress()) idle = 0;
    }
  }
  for (Rank rank = 1; rank < ranks; ++rank)
    for (int which = 0; which < broadcasts; ++which)
      ASSERT_EQ(all.got(rank, which), message(which)) << "rank " << rank << ", broadcast " << which;
}

TEST(Staging, DoesNotKeepTheOperation) {
  Broadcasts all;
  all.start(0, 1);
  while (all.engine(0).progress()) {
  }
  EXPECT_TRUE(all.engine(0).idle()) << "the copy is read later";
}

TEST(Staging, HasRoomForMessagesOfItsSizes) {
  std::vector<std::byte> memory(1024);
  Staging staging(memory, 100);
  EXPECT_EQ(staging.room(99), nullptr);
  EXPECT_EQ(staging.room(100), memory.data());
  EXPECT_EQ(staging.room(512), memory.data());
  EXPECT_EQ(staging.room(513), nullptr);
  EXPECT_EQ(Staging().room(100), nullptr);
}

TEST(Staging, RoomsNeverOverlapNorGoRoundTheEnd) {
  std::vector<std::byte> memory(1024);
  Staging staging(memory, 1);
  WireControl control{};
  SendEnd end;
  end.wire.control = &control;
  std::array<SendEnd*, 1> ends{&end};
  const auto take = [&](std::uint64_t bytes) -> std::ptrdiff_t {
    std::byte* const room = staging.room(bytes);
    if (!room) return -1;
    staging.keep(bytes, ends);
    end.begin_staged(bytes, {1, 0}, room);
    end.commit(bytes, 1);
    end.end();
    return room - memory.data();
  };
  EXPECT_EQ(take(400), 0);
  EXPECT_EQ(take(300), 448);  // whole lines
  EXPECT_EQ(take(300), -1);   // 256 are left at the end, none at the beginning
  EXPECT_EQ(take(100), 768);
  control.consumed.lent = 399;
  EXPECT_EQ(take(200), -1);
  control.consumed.lent = 400;
  EXPECT_EQ(take(200), 0);  // 128 are left at the end
  EXPECT_EQ(take(300), -1);
  EXPECT_EQ(take(192), 256);
  control.consumed.lent = end.lent();
  EXPECT_EQ(take(512), 0) << "all is back: from the beginning";
}

TEST(Staging, StaysInItsWarmPart) {
  constexpr std::uint64_t bytes = 64 << 10;
  std::vector<std::byte> memory(16 * bytes);
  Staging staging(memory, 1);
  WireControl control{};
  SendEnd end;
  end.wire.control = &control;
  std::array<SendEnd*, 1> ends{&end};
  for (int message = 0; message < 100; ++message) {
    control.consumed.lent = end.lent() > bytes ? end.lent() - bytes : 0;  // one is being read still
    std::byte* const room = staging.room(bytes);
    ASSERT_NE(room, nullptr);
    EXPECT_LE(room - memory.data(), 3 * std::ptrdiff_t{bytes}) << message;
    staging.keep(bytes, ends);
    end.begin_staged(bytes, {1, 0}, room);
    end.commit(bytes, 1);
    end.end();
  }
}

}  // namespace
}  // namespace treering
