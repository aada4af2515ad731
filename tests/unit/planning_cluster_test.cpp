// Samples of clusters: which hosts are kept of many, and which rank stands for which.
#include "planning/cluster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

namespace treering {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Le;

/// Host k has ranks[k] of them, one after another, and cores for all.
Cluster hosts_of(const std::vector<Rank>& ranks) {
  Cluster cluster;
  for (std::uint32_t host = 0; host < ranks.size(); ++host) {
    cluster.hosts.push_back({ranks[host], ranks[host]});
    cluster.host_of.insert(cluster.host_of.end(), static_cast<std::size_t>(ranks[host]), host);
  }
  return cluster;
}

Rank stands_for(const Sample& sample, Rank rank) {
  return sample.kept[static_cast<std::size_t>(sample.stands_for[static_cast<std::size_t>(rank)])];
}

TEST(Sample, IsTheWholeWhereThatIsSmall) {
  const Cluster cluster = hosts_of({2, 1, 3});
  const Sample sample = sample_of(cluster, 6, 2);
  EXPECT_EQ(sample.cluster.host_of, cluster.host_of);
  EXPECT_THAT(sample.kept, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(sample.stands_for, sample.kept);
  // And where there are too few hosts to leave any out.
  EXPECT_EQ(sample_of(cluster, 3, 2).cluster.ranks(), 6);
}

TEST(Sample, KeepsHostsThatLieEvenlyWithAllTheirRanks) {
  const Sample sample = sample_of(hosts_of(std::vector<Rank>(16, 3)), 12, 4);
  EXPECT_THAT(sample.kept, ElementsAre(0, 1, 2, 12, 13, 14, 24, 25, 26, 45, 46, 47));  // the last is the last of all
  EXPECT_THAT(sample.cluster.host_of, ElementsAre(0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3));
  EXPECT_EQ(sample.cluster.hosts.size(), 4u);
  EXPECT_TRUE(is_even(sample.cluster));
  EXPECT_EQ(stands_for(sample, 0), 0);
  EXPECT_EQ(stands_for(sample, 4), 1);
  EXPECT_EQ(stands_for(sample, 17), 14);
  EXPECT_EQ(stands_for(sample, 47), 47);
}

TEST(Sample, KeepsAPowerOfTwoOfOneOnly) {
  for (const std::size_t hosts : {33, 63, 64, 65, 100, 128, 1000, 1024, 1025}) {
    const Sample sample = sample_of(hosts_of(std::vector<Rank>(hosts, 1)), 16, 4);
    EXPECT_LE(sample.cluster.hosts.size(), 17u);
    EXPECT_GT(sample.cluster.hosts.size(), 8u - 1);
    EXPECT_EQ(std::has_single_bit(sample.cluster.hosts.size()), std::has_single_bit(hosts)) << hosts;
  }
}

TEST(Sample, PrefersTheMostCrowdedOfANeighbourhood) {
  Cluster cluster = hosts_of(std::vector<Rank>(16, 2));
  cluster.hosts[6].cores = 1;
  const Sample sample = sample_of(cluster, 8, 4);
  EXPECT_THAT(sample.kept, ElementsAre(0, 1, 12, 13, 16, 17, 30, 31));
  EXPECT_EQ(sample.cluster.hosts[1].cores, 1);
}

TEST(Sample, HasFewRanksThatStandForAllOthers) {
  const Sample sample = sample_of(hosts_of(std::vector<Rank>(64, 32)), 256, 4);
  EXPECT_EQ(sample.cluster.ranks(), 256);
  EXPECT_THAT(sample.stands_for, Each(Le(255)));
  auto standing = sample.stands_for;
  std::ranges::sort(standing);
  standing.erase(std::ranges::unique(standing).begin(), standing.end());
  EXPECT_EQ(standing.size(), 4u * 8 + 1);  // of each host kept; and the last rank
}

TEST(Cluster, IsEvenWhereHostsLieOneLikeTheOther) {
  EXPECT_TRUE(is_even(hosts_of({3, 3, 3})));
  EXPECT_FALSE(is_even(hosts_of({3, 3, 2})));
  Cluster dealt_out = hosts_of({2, 2});
  dealt_out.host_of = {0, 1, 0, 1};
  EXPECT_FALSE(is_even(dealt_out));
  EXPECT_TRUE(is_even(in_order(RankOrder({0, 2, 1, 3}), dealt_out)));
  Cluster of_two_kinds = hosts_of({2, 2});
  of_two_kinds.hosts[1].cores = 1;
  EXPECT_FALSE(is_even(of_two_kinds));
}

}  // namespace
}  // namespace treering
