// Algorithms under the simulator, against the formulas of the papers and the step counter of the one-port model.
#include <gtest/gtest.h>

#include "algorithms/in_order_trees.hpp"
#include "algorithms/two_tree.hpp"
#include "schedule/one_port.hpp"
#include "unit/simulation_platforms.hpp"

namespace treering {
namespace {

constexpr std::uint64_t us = 1'000'000;  // ps

std::string flat(Rank ranks, std::string_view speed) {
  return std::to_string(ranks) + " hosts " + std::string(speed);
}

/// Edges of the two trees take turns by their colours.
MayCross by_colours(Rank ranks) {
  return [ranks](const Crossing& crossing) {
    const auto tree = static_cast<Tree>(crossing.lane);
    const Node below = rooted(tree, ranks, crossing.to, 0);
    const int colour = below.parent == crossing.from ? below.colour : rooted(tree, ranks, crossing.from, 0).colour;
    return crossing.time % 2 == (colour == 1 ? 0u : 1u);
  };
}

class TwoTreeTime : public testing::TestWithParam<Rank> {
 protected:
  /// A block is an element is a slice, of 1 MB at 1 GB/s: its start-up is the time of some of its bytes.
  static constexpr std::uint64_t block_bytes = 1'000'000, step_ps = 1'000 * us;
  /// Two blocks on each edge, as algorithms for two trees want it: more would be sent ahead of what is urgent.
  static constexpr Constants constants{.slice_bytes = block_bytes, .window = 2};

  /// Within 2 %.
  static void expect_close(std::uint64_t steps, std::uint64_t time_ps, const std::string& what) {
    EXPECT_NEAR(static_cast<double>(time_ps), static_cast<double>(steps * step_ps),
                0.02 * static_cast<double>(steps * step_ps) + 1.0 * step_ps)
        << what;
  }
};

TEST_P(TwoTreeTime, OfBroadcastAndReduceIsThatOfThePaper) {
  const Rank p = GetParam();
  Hosts hosts(flat(p, "1GB/s 0us"));
  for (const std::uint64_t k : {1, 2, 3, 8, 20, 100}) {
    const std::uint64_t most = 2 * rounds(p) + 2 * k - 2;
    for (const Collective collective : {Collective::broadcast, Collective::reduce}) {
      const std::string what = std::string(name_of(collective)) + ", " + std::to_string(k) + " blocks a tree";
      const auto schedules = schedules_of(collective, "two-tree", p, 2 * k);
      const std::uint64_t time_ps = hosts.run(schedules, constants, block_bytes).time_ps;
      EXPECT_LE(time_ps, most * step_ps) << what;
      const auto steps = one_port_steps(schedules, by_colours(p));
      ASSERT_TRUE(steps) << steps.error().message;
      expect_close(*steps, time_ps, what);
      if (std::has_single_bit(static_cast<unsigned>(p))) expect_close(most, time_ps, what);
    }
    const auto all_reduce = schedules_of(Collective::all_reduce, "two-tree", p, 2 * k);
    EXPECT_LE(hosts.run(all_reduce, constants, block_bytes).time_ps, 2 * most * step_ps) << k << " blocks a tree";
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, TwoTreeTime,
                         testing::Values(2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 32, 33, 64, 65, 100, 128, 129));

TEST(AlgorithmTime, OfARingIsItsClosedForm) {
  constexpr std::uint64_t alpha = 3 * us, send = 200'000, recv = 300'000, chunk = 10'000, ps_a_byte = 100;
  const Constants constants{.send_overhead_ps = send, .recv_overhead_ps = recv, .reduction_mb_per_s = 5000};
  for (Rank p = 2; p <= 64; ++p) {
    Hosts hosts(flat(p, "10GB/s 3us"));
    const auto hops = static_cast<std::uint64_t>(p - 1);
    const std::uint64_t hop = alpha + send + recv + chunk * ps_a_byte, reduced = chunk * 200;
    const auto time = [&](Collective collective, std::uint64_t count) {
      return hosts.run(schedules_of(collective, "ring", p, count), constants).time_ps;
    };
    EXPECT_EQ(time(Collective::all_gather, chunk), hops * hop) << p;
    EXPECT_EQ(time(Collective::reduce_scatter, chunk), hops * (hop + reduced)) << p;
    EXPECT_EQ(time(Collective::all_reduce, chunk * static_cast<std::uint64_t>(p)), hops * (2 * hop + reduced)) << p;
  }
}

TEST(AlgorithmTime, OfDoublingAndBinomialTreesIsThatOfTheirRounds) {
  constexpr std::uint64_t round = 3 * us + 7000 * 100;
  for (const Rank p : {2, 4, 8, 16, 64, 256}) {
    Hosts hosts(flat(p, "10GB/s 3us"));
    for (const auto& [collective, algorithm] :
         {std::pair{Collective::all_reduce, "recursive-doubling"}, std::pair{Collective::broadcast, "binomial"},
          std::pair{Collective::reduce, "binomial"}}) {
      const std::uint64_t time_ps = hosts.run(schedules_of(collective, algorithm, p, 7000)).time_ps;
      EXPECT_LE(time_ps, rounds(p) * round) << name_of(collective) << p;
      if (collective == Collective::all_reduce) {
        EXPECT_EQ(time_ps, rounds(p) * round) << p;
      }
    }
  }
}

TEST(AlgorithmTime, EveryAlgorithmEndsWithTheSmallestWindows) {
  for (const CatalogueRow& row : catalogue())
    for (Rank p = 1; p <= 16; ++p) {
      Hosts hosts(flat(p, "10GB/s 1us"));
      for (const std::uint64_t count : {1, 7, 40})
        for (const std::uint32_t window : {0, 1, 2, 3}) {
          const auto schedules = schedules_of(row, p, count, p / 2);
          const auto outcome = simulate(schedules, hosts.network(), {.slice_bytes = 1, .window = window}, 1);
          ASSERT_TRUE(outcome) << name_of(row.collective) << " by " << row.name << ", " << p << " ranks, window "
                               << window << ": " << outcome.error().message;
          EXPECT_EQ(outcome->time_ps == 0, p == 1) << name_of(row.collective) << " by " << row.name << ", " << p;
        }
    }
}

constexpr const char* networks[] = {"17 hosts 10GB/s 1us", "torus 4x4 10GB/s 0.3us",
                                    "fat-tree 24 hosts 10GB/s 0.5us, leaves of 4, oversubscribed 2:1",
                                    "dragonfly 5 groups of 4 routers of 2 hosts 10GB/s 0.2us, global 12GB/s 1us"};

TEST(AlgorithmTime, IsTheSameEveryTime) {
  for (const char* text : networks) {
    Hosts first(text), second(text);
    for (const CatalogueRow& row : catalogue()) {
      const auto schedules = schedules_of(row, first.ranks(), 300);
      const Constants constants{.slice_bytes = 400, .window = 4, .send_overhead_ps = 1000, .recv_overhead_ps = 700};
      const Outcome once = first.run(schedules, constants, 4), again = first.run(schedules, constants, 4),
                    elsewhere = second.run(schedules, constants, 4);
      EXPECT_EQ(once.time_ps, again.time_ps) << text << ", " << row.name;
      EXPECT_EQ(once.busy_ps, again.busy_ps) << text << ", " << row.name;
      EXPECT_EQ(once.time_ps, elsewhere.time_ps) << text << ", " << row.name;
    }
  }
}

std::string with_rates(std::string text, int gbs) {
  constexpr std::string_view rate = "10GB/s";
  for (std::size_t at = 0; (at = text.find(rate, at)) != std::string::npos; ++at)
    text.replace(at, rate.size(), std::to_string(gbs) + "GB/s");
  return text;
}

TEST(AlgorithmTime, OfTreesNeverGrowsWithBandwidthNorFallsWithBytes) {
  for (const char* text : networks)
    for (const auto& [collective, algorithm] :
         {std::pair{Collective::broadcast, "binomial"}, std::pair{Collective::broadcast, "two-tree"},
          std::pair{Collective::reduce, "two-tree"}, std::pair{Collective::all_reduce, "two-tree"}}) {
      std::uint64_t last_by_rate = ~0ull;
      for (const int gbs : {5, 6, 8, 10, 13, 20, 50, 100}) {
        Hosts hosts(with_rates(text, gbs));
        std::uint64_t last_by_bytes = 0;
        for (const std::uint64_t bytes : {1, 100, 1000, 5000, 64'000, 100'000, 1'000'000}) {
          const std::uint64_t time_ps =
              hosts.run(schedules_of(collective, algorithm, hosts.ranks(), bytes), {.slice_bytes = 1 << 14}).time_ps;
          EXPECT_GE(time_ps, last_by_bytes) << text << ", " << algorithm << ", " << gbs << " GB/s, " << bytes;
          last_by_bytes = time_ps;
        }
        EXPECT_LE(last_by_bytes, last_by_rate)
            << text << ", " << name_of(collective) << " " << algorithm << ", " << gbs;
        last_by_rate = last_by_bytes;
      }
    }
}

}  // namespace
}  // namespace treering
