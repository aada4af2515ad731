// Ranks that stand in another order than that of their numbers: every algorithm that may be placed so, proven by
// provenance, and what it is good for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "schedule/check.hpp"
#include "unit/algorithms_rows.hpp"
#include "unit/algorithms_thorough.hpp"

namespace treering {
namespace {

std::vector<Rank> in_a_row(Rank ranks) {
  std::vector<Rank> all(static_cast<std::size_t>(ranks));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

RankOrder shuffled(Rank ranks, unsigned seed) {
  std::vector<Rank> all = in_a_row(ranks);
  std::mt19937 random(seed);
  std::ranges::shuffle(all, random);
  return RankOrder(std::move(all));
}

/// Ranks of host h are those with rank mod hosts = h: they stand host by host.
RankOrder dealt_out(Rank ranks, Rank hosts) {
  std::vector<Rank> all = in_a_row(ranks);
  std::ranges::stable_sort(all, {}, [&](Rank rank) { return rank % hosts; });
  return RankOrder(std::move(all));
}

std::vector<CatalogueRow> rows_by_place() {
  std::vector<CatalogueRow> rows;
  std::ranges::copy_if(catalogue(), std::back_inserter(rows), &CatalogueRow::by_place);
  return rows;
}

class PlacedAlgorithm : public testing::TestWithParam<CatalogueRow> {
 protected:
  Algorithm in(const RankOrder& order) const {
    return [this, &order](const Shape& shape) {
      auto made = make(GetParam(), shape, order);
      EXPECT_TRUE(made) << made.error().message;
      return made ? *std::move(made) : Schedule{};
    };
  }
  Task task(Rank ranks, std::uint64_t count, bool in_place) const {
    return {.meaning = meaning_of(GetParam().collective),
            .ranks = ranks,
            .count = count,
            .in_place = in_place,
            .order = Order::commutative};
  }
  void expect_right(const Task& task, const RankOrder& order, std::span<const Conditions> conditions) const {
    const auto trial = Trial::of(task, in(order));
    ASSERT_TRUE(trial) << trial.error().message;
    const auto right = trial->run(conditions);
    ASSERT_TRUE(right) << right.error().message;
  }
};

/// In whatever order ranks stand, every root among them, contiguous halves and odd counts.
TEST_P(PlacedAlgorithm, IsRightInEveryOrderOfFewRanks) {
  for (Rank ranks = 2; ranks <= (thorough ? 5 : 4); ++ranks) {
    std::vector<Rank> stand = in_a_row(ranks);
    while (std::ranges::next_permutation(stand).found) {
      const RankOrder order(stand);
      for (const bool in_place : {false, true}) {
        Task asked = task(ranks, static_cast<std::uint64_t>(ranks) + 2, in_place);
        for (asked.root = 0; asked.root < (is_rooted(GetParam().collective) ? ranks : 1); ++asked.root) {
          expect_right(asked, order, all_conditions(ranks, Lending::where_safe, 1));
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_P(PlacedAlgorithm, IsRightInRandomOrders) {
  const Rank most = thorough ? 64 : 16;
  for (Rank ranks = 6; ranks <= most; ranks += ranks < 16 ? 1 : 3)
    for (const bool in_place : {false, true}) {
      const auto seed = static_cast<unsigned>(2 * ranks + in_place);
      Task asked = task(ranks, ranks % 2 == 0 ? 7 : static_cast<std::uint64_t>(ranks) + 4, in_place);
      if (is_rooted(GetParam().collective)) asked.root = ranks * 5 / 7;
      const Conditions conditions[] = {
          {.window = 1, .lending = Lending::where_safe, .seed = seed, .starved = ranks / 2},
          {.window = 2, .seed = seed}};
      expect_right(asked, shuffled(ranks, seed), conditions);
      if (HasFatalFailure()) return;
    }
}

/// Blocks of different sizes tell whose they are.
TEST_P(PlacedAlgorithm, LeavesBlocksWithTheirRanks) {
  const Collective collective = GetParam().collective;
  if (collective != Collective::all_gather && collective != Collective::reduce_scatter) return;
  for (const Rank ranks : {3, 8, 13})
    for (const bool in_place : {false, true}) {
      Task asked = task(ranks, 0, in_place);
      for (Rank q = 0; q < ranks; ++q) asked.blocks.push_back(static_cast<std::uint64_t>((q * 5 + 3) % 7));
      expect_right(asked, shuffled(ranks, 77), all_conditions(ranks, Lending::where_safe, 1));
      if (HasFatalFailure()) return;
    }
}

/// Pairs of ranks of different hosts that exchange anything, and elements that they do, over all ranks.
struct Crossings {
  std::set<std::pair<Rank, Rank>> pairs;
  std::uint64_t elements = 0;
};

Crossings crossings(const CatalogueRow& row, Rank ranks, Rank hosts, const RankOrder& order) {
  Crossings found;
  Shape shape{.ranks = ranks, .count = static_cast<std::uint64_t>(ranks)};
  shape.sends.each = shape.recvs.each = 1;
  for (shape.rank = 0; shape.rank < ranks; ++shape.rank) {
    const auto schedule = make(row, shape, order);
    for (const Lane& lane : schedule->lanes)
      for (const Step& step : lane.steps)
        for (const Act& word : lane.words(step)) {
          if (word.verb != Verb::send || word.peer % hosts == shape.rank % hosts) continue;
          found.pairs.emplace(shape.rank, word.peer);
          found.elements += step.count;
        }
  }
  return found;
}

TEST_P(PlacedAlgorithm, CrossesHostsLessThanInTheOrderOfRanks) {
  struct Cluster {
    Rank ranks, hosts;
  };
  for (const Cluster& cluster : {Cluster{12, 3}, {16, 2}, {20, 5}, {61, 8}, {64, 8}}) {
    const auto [ranks, hosts] = cluster;
    const Crossings before = crossings(GetParam(), ranks, hosts, {});
    const Crossings after = crossings(GetParam(), ranks, hosts, dealt_out(ranks, hosts));
    if (GetParam().name == "recursive-doubling") {
      // Of powers of two, as many distances lie in a host as before: other ones.
      EXPECT_LE(after.elements, before.elements) << ranks << " on " << hosts;
    } else {
      EXPECT_LE(2 * after.elements, before.elements) << ranks << " on " << hosts;
    }
    if (GetParam().name == "ring") {
      EXPECT_EQ(before.pairs.size(), static_cast<std::size_t>(ranks));
      EXPECT_EQ(after.pairs.size(), static_cast<std::size_t>(hosts));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, PlacedAlgorithm, testing::ValuesIn(rows_by_place()), name_of_row);

}  // namespace
}  // namespace treering
