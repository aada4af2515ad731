// Prices against the formulas of the papers, and the choices that follow from them.
#include "planning/choose.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "algorithms/two_tree.hpp"
#include "planning/price.hpp"

namespace treering {
namespace {

/// A flat network: 5 us, 12.5 GB/s, reducing for nothing, every rank on a host of its own.
constexpr Machine network{.alpha_ns = 5000, .overhead_ns = 500, .beta_ps = 80};

Shape whole(Rank ranks, std::uint64_t count, Rank root = 0) {
  return {.ranks = ranks, .root = root, .count = count};
}

std::string chosen(Collective collective, const Shape& shape, std::uint64_t element_bytes, Order order,
                   const Machine& machine) {
  const auto offer = choose(collective, shape, element_bytes, order, machine);
  EXPECT_TRUE(offer) << offer.error().message;
  return offer ? std::string(offer->row->name) : "";
}

TEST(Price, OfATwoTreeBroadcastIsThatOfThePaper) {
  // beta n + 2(q-1) alpha + 2 sqrt(2(q-1) alpha beta n), p = 64, n = 1 MiB: 83886 + 50000 + 129531 ns.
  const double us = static_cast<double>(price_ps(two_tree_broadcast_cost(whole(64, 1 << 20)), 64, 1, network)) / 1e6;
  EXPECT_NEAR(us, 263.4, 2.0);
  // p = 1024, n = 64 MiB: 6.85 ms.
  EXPECT_NEAR(static_cast<double>(price_ps(two_tree_broadcast_cost(whole(1024, 64 << 20)), 1024, 1, network)) / 1e9,
              6.85, 0.05);
}

TEST(Price, OfATwoTreeAllReduceIsTwiceThatOfABroadcast) {
  const Shape shape = whole(64, 1 << 20);
  const auto once = static_cast<double>(price_ps(two_tree_broadcast_cost(shape), 64, 1, network));
  EXPECT_NEAR(static_cast<double>(price_ps(two_tree_all_reduce_cost(shape), 64, 1, network)), 2 * once, once / 100);
}

TEST(Price, OfOneRankIsNothing) {
  for (const CatalogueRow& row : catalogue())
    EXPECT_EQ(price_ps(row.cost(whole(1, 1000)), 1, 4, network), 0u) << name_of(row.collective) << " " << row.name;
}

TEST(Price, NeverFallsWithTheCount) {
  for (const CatalogueRow& row : catalogue())
    for (const Rank ranks : {2, 7, 64}) {
      std::uint64_t before = 0;
      for (std::uint64_t count = 1; count <= 1 << 24; count *= 4) {
        Shape shape = whole(ranks, count);
        shape.sends.each = shape.recvs.each = count;
        const std::uint64_t now = price_ps(row.cost(shape), ranks, 4, shared_memory_machine(ranks, 4));
        EXPECT_GE(now, before) << name_of(row.collective) << " " << row.name << ", " << ranks << " ranks, " << count;
        before = now;
      }
    }
}

TEST(Price, OnOneHostIsThatOfAllRanksWork) {
  // 64 ranks on 2 cores: each copies 2n(p-1)/p bytes in and as many out, but only two at a time.
  const Shape shape = whole(64, 1 << 20);
  const auto ring = find_row(Collective::all_reduce, "ring");
  ASSERT_TRUE(ring);
  const Machine host{.beta_ps = 100, .cores = 2};
  EXPECT_EQ(price_ps((*ring)->cost(shape), 64, 1, host), 2ull * 63 * 2 * (1 << 20) * 100 / 2);
}

TEST(Choose, TakesRoundsForSmallAndBandwidthForLargeVectors) {
  EXPECT_EQ(chosen(Collective::all_reduce, whole(1024, 64), 4, Order::commutative, network), "recursive-doubling");
  EXPECT_EQ(chosen(Collective::all_reduce, whole(1024, 1 << 20), 4, Order::commutative, network), "two-tree");
  EXPECT_EQ(chosen(Collective::all_reduce, whole(64, 1 << 28), 4, Order::commutative, network), "direct-halves");
  EXPECT_EQ(chosen(Collective::broadcast, whole(1024, 8), 1, Order::kept, network), "binomial");
  EXPECT_EQ(chosen(Collective::broadcast, whole(1024, 64 << 20), 1, Order::kept, network), "two-tree");
  EXPECT_EQ(chosen(Collective::scan, whole(64, 1), 8, Order::kept, network), "recursive-doubling");
  EXPECT_EQ(chosen(Collective::scan, whole(64, 1 << 24), 8, Order::kept, network), "two-tree");
}

TEST(Choose, KeepsTheOrderWhereItMust) {
  for (int collective = 0; collective <= static_cast<int>(Collective::barrier); ++collective)
    for (const std::uint64_t count : {1, 1000, 1000000, 100000000}) {
      Shape shape = whole(64, count);
      shape.sends.each = shape.recvs.each = count;
      const auto made = offers(static_cast<Collective>(collective), shape, 8, Order::kept, network);
      ASSERT_FALSE(made.empty());
      for (const Offer& offer : made) EXPECT_EQ(offer.row->order, Order::kept) << offer.row->name;
    }
  const Shape root_inside = whole(64, 1 << 24, 20);
  EXPECT_EQ(chosen(Collective::reduce, root_inside, 4, Order::commutative, network), "two-tree");
  EXPECT_EQ(chosen(Collective::reduce, root_inside, 4, Order::kept, network), "two-tree-in-order");
}

TEST(Choose, SendsLeastWhereRanksShareFewCores) {
  // Direct exchange takes p(p-1) messages: one step on machines of their own, a long queue for two cores.
  EXPECT_EQ(chosen(Collective::all_reduce, whole(8, 1), 4, Order::commutative, shared_memory_machine(8, 8)), "direct");
  EXPECT_NE(chosen(Collective::all_reduce, whole(256, 1), 4, Order::commutative, shared_memory_machine(256, 2)),
            "direct");
}

TEST(Choose, GivesTheCheapestFirst) {
  const auto made =
      offers(Collective::all_reduce, whole(16, 100000), 4, Order::commutative, loopback_tcp_machine(16, 4));
  ASSERT_GT(made.size(), 1u);
  for (std::size_t k = 1; k < made.size(); ++k) EXPECT_LE(made[k - 1].price_ps, made[k].price_ps);
}

TEST(Choose, IsTheSameOnAllRanks) {
  Shape shape = whole(48, 30000, 7);
  const std::string first = chosen(Collective::reduce, shape, 8, Order::kept, network);
  for (shape.rank = 1; shape.rank < shape.ranks; ++shape.rank) {
    shape.in_place = shape.rank % 2 != 0;
    EXPECT_EQ(chosen(Collective::reduce, shape, 8, Order::kept, network), first);
  }
}

TEST(Choose, RefusesPointToPoint) {
  const auto offer = choose(Collective::send, whole(2, 1), 4, Order::kept, network);
  ASSERT_FALSE(offer);
  EXPECT_EQ(offer.error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace treering
