// Every algorithm of the catalogue proven by provenance: every number of ranks to 33, some beyond, odd counts, roots,
// in place and not, the smallest windows, lending, each rank starved in turn.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "algorithms/catalogue.hpp"
#include "schedule/check.hpp"
#include "unit/algorithms_rows.hpp"
#include "unit/algorithms_thorough.hpp"

namespace treering {

namespace {

/// Numbers of ranks up to this one are tested one by one; larger ones are samples. TREERING_TEST_RANKS says otherwise.
Rank dense_ranks() {
  if (const char* asked = std::getenv("TREERING_TEST_RANKS")) return static_cast<Rank>(std::atoi(asked));
  return thorough ? 33 : 9;
}

std::vector<Rank> roots(Collective collective, Rank ranks) {
  if (!is_rooted(collective)) return {0};
  if (ranks > 12) return {static_cast<Rank>(ranks * 7 % 11 % ranks), ranks - 1};
  std::vector<Rank> all(static_cast<std::size_t>(ranks));
  for (Rank r = 0; r < ranks; ++r) all[static_cast<std::size_t>(r)] = r;
  return all;
}

class EveryAlgorithm : public testing::TestWithParam<CatalogueRow> {
 protected:
  Task task(Rank ranks, Rank root, std::uint64_t count, bool in_place) const {
    return {.meaning = meaning_of(GetParam().collective),
            .ranks = ranks,
            .root = root,
            .count = count,
            .in_place = in_place,
            .order = GetParam().order};
  }
  Schedule schedule(const Shape& shape) const {
    auto made = make(GetParam(), shape);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : Schedule{};
  }
  void expect_right(const Task& task, std::span<const Conditions> conditions) const {
    auto trial = Trial::of(task, [this](const Shape& shape) { return schedule(shape); });
    ASSERT_TRUE(trial) << trial.error().message;
    const auto right = trial->run(conditions);
    ASSERT_TRUE(right) << right.error().message;
  }
};

TEST_P(EveryAlgorithm, IsRightOnFewRanksUnderEveryCondition) {
  for (Rank ranks = 1; ranks <= std::min<Rank>(thorough ? 9 : 6, dense_ranks()); ++ranks)
    for (const Rank root : roots(GetParam().collective, ranks))
      for (const bool in_place : {false, true}) {
        const auto p = static_cast<std::uint64_t>(ranks);
        for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, p + 4}) {
          expect_right(task(ranks, root, count, in_place), all_conditions(ranks, Lending::where_safe, ranks));
          if (HasFatalFailure()) return;
        }
      }
}

TEST_P(EveryAlgorithm, IsRightOnEveryNumberOfRanks) {
  for (Rank ranks = thorough ? 10 : 7; ranks <= dense_ranks(); ++ranks)
    for (const Rank root : roots(GetParam().collective, ranks))
      for (const bool in_place : {false, true}) {
        const std::uint64_t count = ranks % 3 == 0 ? 5 : static_cast<std::uint64_t>(ranks) + 4;
        expect_right(task(ranks, root, count, in_place), all_conditions(ranks, Lending::where_safe, 1, count));
        if (HasFatalFailure()) return;
      }
}

TEST_P(EveryAlgorithm, IsRightOnManyRanks) {
  std::vector<Rank> many;
  for (Rank ranks = 34; ranks <= 64 && ranks <= 3 * dense_ranks(); ++ranks) many.push_back(ranks);
  if (dense_ranks() >= 33) many.insert(many.end(), {95, 127, 128, 129, 200, 257, 300});
  for (const Rank ranks : many) {
    const bool in_place = ranks % 2 != 0;
    const Rank root = is_rooted(GetParam().collective) ? ranks * 5 / 7 : 0;
    const Conditions conditions[] = {{.window = 1, .lending = Lending::where_safe, .seed = 5, .starved = ranks / 2},
                                     {.window = 2, .seed = 6}};
    const bool blocks =
        GetParam().collective == Collective::all_gather || GetParam().collective == Collective::reduce_scatter;
    expect_right(task(ranks, root, blocks ? 1 : 5, in_place), conditions);
    if (HasFatalFailure()) return;
  }
}

class BlockAlgorithm : public EveryAlgorithm {};

TEST_P(BlockAlgorithm, TakesUnequalBlocks) {
  for (Rank ranks = 1; ranks <= std::min<Rank>(17, dense_ranks()); ++ranks)
    for (const bool in_place : {false, true}) {
      Task unequal = task(ranks, 0, 0, in_place);
      for (Rank q = 0; q < ranks; ++q) unequal.blocks.push_back(static_cast<std::uint64_t>((q * 5 + 3) % 4));
      expect_right(unequal, all_conditions(ranks, Lending::where_safe, 2));
      if (HasFatalFailure()) return;
    }
}

class AllReduceAlgorithm : public EveryAlgorithm {};

/// An own that scales is wide, a value that was stored or sent is rounded. Where several ranks compute the same result,
/// all must have multiplied the same values, so nobody may take an element of its own twice.
TEST_P(AllReduceAlgorithm, OwnsEachElementOnce) {
  for (Rank ranks = 1; ranks <= 17; ++ranks)
    for (Rank rank = 0; rank < ranks; ++rank) {
      const Schedule plan = schedule({.ranks = ranks, .rank = rank, .count = 40});
      std::set<std::uint64_t> owned;
      for (const Lane& lane : plan.lanes)
        for (const Step& step : lane.steps)
          for (const Act& word : lane.words(step))
            for (std::uint64_t k = 0; word.verb == Verb::own && k < step.count; ++k)
              ASSERT_TRUE(owned.insert(word.first + k).second) << "rank " << rank << " of " << ranks;
    }
}

TEST_P(EveryAlgorithm, HasACostThatItsSchedulesBearOut) {
  for (const Rank ranks : {1, 2, 3, 5, 8, 13, 16}) {
    const Rank root = is_rooted(GetParam().collective) ? ranks / 2 : 0;
    std::uint64_t messages = 0, volume = 0, busiest = 0;
    Shape shape{.ranks = ranks, .root = root, .count = 240, .sends = {.each = 15}, .recvs = {.each = 15}};
    for (shape.rank = 0; shape.rank < ranks; ++shape.rank) {
      std::uint64_t sent = 0, received = 0;
      const Schedule plan = schedule(shape);
      for (const Lane& lane : plan.lanes)
        for (const Step& step : lane.steps)
          for (const Act& word : lane.words(step)) {
            if (word.verb == Verb::send) sent += step.count, ++messages;
            if (word.verb == Verb::recv) received += step.count;
          }
      volume += sent;
      busiest = std::max({busiest, sent, received});
    }
    const Cost cost = GetParam().cost(shape);
    // Prefix sums leave out what nobody needs; the formulas, as in the paper, do not.
    const bool exact = GetParam().collective != Collective::scan && GetParam().collective != Collective::exclusive_scan;
    EXPECT_LE(messages, cost.all_messages) << ranks << " ranks";
    EXPECT_LE(volume, cost.all_volume) << ranks << " ranks";
    EXPECT_LE(busiest, cost.volume) << ranks << " ranks";
    if (exact) {
      EXPECT_EQ(messages, cost.all_messages) << ranks << " ranks";
      EXPECT_EQ(volume, cost.all_volume) << ranks << " ranks";
    }
  }
}

std::vector<CatalogueRow> rows_of(std::initializer_list<Collective> collectives) {
  std::vector<CatalogueRow> rows;
  for (const Collective collective : collectives)
    for (const CatalogueRow* row : rows_for(collective, Order::commutative)) rows.push_back(*row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryAlgorithm, testing::ValuesIn(catalogue().begin(), catalogue().end()),
                         name_of_row);
INSTANTIATE_TEST_SUITE_P(Catalogue, BlockAlgorithm,
                         testing::ValuesIn(rows_of({Collective::all_gather, Collective::reduce_scatter})), name_of_row);
INSTANTIATE_TEST_SUITE_P(Catalogue, AllReduceAlgorithm, testing::ValuesIn(rows_of({Collective::all_reduce})),
                         name_of_row);

}  // namespace
}  // namespace treering
