// The constants of a host: found again in the times that follow from them, measured, stored, and used by all ranks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "perf/tool/constants.hpp"
#include "perf/tool/trial.hpp"
#include "planning/price.hpp"
#include "planning/prices.hpp"

namespace treering::perf {
namespace {

double us_of(const HostConstants& constants, bool tcp, int ranks, int cores, const char* algorithm,
             std::uint64_t bytes) {
  Cluster cluster{
      .constants = constants,
      .within = tcp ? loopback_tcp_machine(ranks, cores, constants) : shared_memory_machine(ranks, cores, constants),
      .between = {}};
  cluster.hosts.push_back({ranks, cores});
  cluster.host_of.assign(static_cast<std::size_t>(ranks), 0);
  const auto row = find_row(Collective::all_reduce, algorithm);
  const auto price = Prices(cluster, {}).price_ps(**row, {.ranks = ranks, .count = bytes / 4}, 4, Order::commutative);
  EXPECT_TRUE(price);
  return price ? static_cast<double>(*price) / 1e6 : 0;
}

WireTimes times_of(const HostConstants& constants, bool tcp, std::uint64_t near_bytes, std::uint64_t far_bytes) {
  const auto us = [&](int ranks, int cores, const char* algorithm, std::uint64_t bytes) {
    return us_of(constants, tcp, ranks, cores, algorithm, bytes);
  };
  return {.direct = us(2, 2, "direct", short_bytes),
          .direct_long = us(2, 2, "direct", near_bytes),
          .halves_long = us(2, 2, "direct-halves", near_bytes),
          .halves_far = us(2, 2, "direct-halves", far_bytes),
          .crowded_direct = us(4, 2, "direct", short_bytes),
          .crowded_ring = us(4, 2, "ring", short_bytes),
          .roomy_direct = us(4, 4, "direct", short_bytes)};
}

void expect_near(std::uint32_t found, std::uint32_t wanted, double share) {
  EXPECT_NEAR(found, wanted, share * wanted + 1);
}
void expect_near(const WireConstants& found, const WireConstants& wanted) {
  expect_near(found.alpha_ns, wanted.alpha_ns, 0.05);
  expect_near(found.overhead_ns, wanted.overhead_ns, 0.05);
  expect_near(found.shared_overhead_ns, wanted.shared_overhead_ns, 0.05);
  expect_near(found.wake_ns, wanted.wake_ns, 0.05);
  expect_near(found.beta_ps, wanted.beta_ps, 0.05);
  expect_near(found.far_ps, wanted.far_ps, 0.05);
}

TEST(PerfConstants, AreFoundInTheTimesThatFollowFromThem) {
  for (const HostConstants& wanted :
       {HostConstants{{500, 100, 300, 3000, 40, 200}, {9000, 2500, 4000, 20'000, 250, 130}, 60, 32 << 10},
        HostConstants{{700, 150, 200, 1500, 120, 150}, {20'000, 3000, 3000, 9000, 500, 100}, 90, 8 << 10}}) {
    HostTimes times{
        .near_bytes = 1 << 18, .far_bytes = std::uint64_t{wanted.cache_kib} << 10, .cache_kib = wanted.cache_kib};
    times.shared_memory = times_of(wanted, false, times.near_bytes, times.far_bytes);
    times.tcp = times_of(wanted, true, times.near_bytes, times.far_bytes);
    const HostConstants found = constants_of(times);
    EXPECT_TRUE(found.is_within_bounds());
    EXPECT_EQ(found.cache_kib, wanted.cache_kib);
    expect_near(found.gamma_ps, wanted.gamma_ps, 0.05);
    expect_near(found.shared_memory, wanted.shared_memory);
    expect_near(found.tcp, wanted.tcp);
  }
}

TEST(PerfConstants, OfTimesThatMakeNoSenseAreWithinBounds) {
  for (const double direct : {0.0, 1e-3, 1e12})
    for (const double halves : {0.0, 1e-3, 1e12}) {
      const WireTimes wire{direct, direct, halves, direct, halves, halves, direct};
      const HostConstants found = constants_of({wire, wire, 1 << 18, 1 << 25, 1 << 15});
      EXPECT_TRUE(found.is_within_bounds()) << direct << " " << halves;
    }
}

TEST(PerfConstants, OfRoundsAreTheMediansOfEach) {
  HostConstants one, two, three;
  one.tcp.alpha_ns = 10, two.tcp.alpha_ns = 30, three.tcp.alpha_ns = 20;
  one.gamma_ps = 3, two.gamma_ps = 1, three.gamma_ps = 2;
  const HostConstants rounds[] = {one, two, three};
  HostConstants wanted;
  wanted.tcp.alpha_ns = 20, wanted.gamma_ps = 2;
  EXPECT_EQ(median_of(rounds), wanted);
  EXPECT_EQ(median_of({&one, 1}), one);
}

TEST(PerfConstants, TrialsGoOverTheTransportTheyNameThoughItWasAskedWhereConstantsLie) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // options are read once a process
  EXPECT_EXIT(
      {
        static_cast<void>(own_constants_path());
        const auto times = times_us({.transport = "tcp", .algorithm = "direct", .sizes_bytes = {short_bytes}});
        std::exit(times ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace treering::perf
