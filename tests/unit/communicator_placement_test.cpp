// The order in which ranks should stand, on made-up clusters.
#include "communicator/placement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace treering {
namespace {

using testing::ElementsAre;

struct Where {
  int host = 0;
  int domain = 0;
  int domains = 1;
  int process = -1;  ///< -1: one of its own
};

Roster roster_of(const std::vector<Where>& places) {
  Roster roster;
  for (const Where& place : places) {
    Member member;
    member.rank = static_cast<Rank>(roster.size());
    // The second host by number is not the second in the order of boot ids.
    member.boot[0] = static_cast<std::byte>(200 - place.host);
    member.process[place.process < 0 ? 0 : 1] =
        static_cast<std::byte>(100 - (place.process < 0 ? member.rank : place.process));
    member.processors.first_domain = place.domain;
    member.processors.domains = place.domains;
    roster.push_back(member);
  }
  return roster;
}

Roster on_hosts(const std::vector<int>& hosts) {
  std::vector<Where> places;
  for (const int host : hosts) places.push_back({.host = host});
  return roster_of(places);
}

std::vector<Rank> order_of(const Roster& roster) {
  const RankOrder order = order_by_place(roster);
  std::vector<Rank> ranks;
  for (Rank k = 0; k < std::ssize(roster); ++k) ranks.push_back(order.rank_at(k));
  return ranks;
}

TEST(Placement, LeavesRanksThatLieTogether) {
  EXPECT_TRUE(order_by_place(on_hosts({0})).is_rank_order());
  EXPECT_TRUE(order_by_place(on_hosts({0, 0, 0, 0})).is_rank_order());
  EXPECT_TRUE(order_by_place(on_hosts({1, 1, 0, 0, 0, 2})).is_rank_order());
  // Domains in descending order lie together, too; and unbound ranks are all alike.
  EXPECT_TRUE(order_by_place(roster_of({{0, 1}, {0, 1}, {0, 0}, {1, 0}, {1, 3}})).is_rank_order());
  EXPECT_TRUE(order_by_place(roster_of({{0, 0, 2}, {0, 0, 2}, {0, 0, 2}})).is_rank_order());
}

TEST(Placement, BringsTogetherHostsThatRanksWereDealtOutTo) {
  const Roster roster = on_hosts({0, 1, 0, 1, 0, 1, 0, 1});
  EXPECT_THAT(order_of(roster), ElementsAre(0, 2, 4, 6, 1, 3, 5, 7));
  EXPECT_EQ(hops_between_hosts(roster, {}), 8);
  EXPECT_EQ(hops_between_hosts(roster, order_by_place(roster)), 2);
}

TEST(Placement, TakesHostsOfDifferentSizes) {
  const Roster roster = on_hosts({2, 0, 1, 0, 2, 0, 0, 1, 0});
  EXPECT_THAT(order_of(roster), ElementsAre(0, 4, 1, 3, 5, 6, 8, 2, 7));
  EXPECT_EQ(hops_between_hosts(roster, {}), 8);
  EXPECT_EQ(hops_between_hosts(roster, order_by_place(roster)), 3);
  const auto hosts = hosts_of(roster);
  ASSERT_EQ(hosts.size(), 3u);
  EXPECT_THAT(hosts[0].ranks, ElementsAre(0, 4));
  EXPECT_THAT(hosts[1].ranks, ElementsAre(1, 3, 5, 6, 8));
  EXPECT_THAT(hosts[2].ranks, ElementsAre(2, 7));
}

TEST(Placement, CountsTheCoresOfEachHostOnce) {
  Roster roster = on_hosts({0, 1, 0, 1, 1});
  for (std::size_t rank = 0; rank < roster.size(); ++rank) {
    roster[rank].processors.first = rank < 3 ? 0 : 4;
    roster[rank].processors.count = static_cast<std::int32_t>(rank) + 1;
  }
  const auto hosts = hosts_of(roster);
  ASSERT_EQ(hosts.size(), 2u);
  EXPECT_EQ(hosts[0].cores, 3);      // [0, 1) and [0, 3)
  EXPECT_EQ(hosts[1].cores, 2 + 5);  // [0, 2), [4, 8) and [4, 9)
  for (const HostOfRoster& host : hosts)
    EXPECT_EQ(host.cores, cores_of_host(roster, roster[static_cast<std::size_t>(host.ranks.front())]));
}

TEST(Placement, OfOneHostHasNoHopsBetweenHosts) {
  EXPECT_EQ(hops_between_hosts(on_hosts({0, 0, 0}), {}), 0);
  EXPECT_EQ(hops_between_hosts(on_hosts({0}), {}), 0);
}

TEST(Placement, OrdersDomainsWithinEachHostByNumber) {
  EXPECT_THAT(order_of(roster_of({{0, 2}, {0, 0}, {0, 2}, {0, 1}, {0, 0}})), ElementsAre(1, 4, 3, 0, 2));
  // The second host needs nothing and keeps its descending domains.
  EXPECT_THAT(order_of(roster_of({{0, 0}, {0, 1}, {0, 0}, {1, 1}, {1, 0}})), ElementsAre(0, 2, 1, 3, 4));
  // Those that may run everywhere stand apart from those of domain 0.
  EXPECT_THAT(order_of(roster_of({{0, 0, 1}, {0, 0, 2}, {0, 0, 1}, {0, 0, 2}})), ElementsAre(0, 2, 1, 3));
}

TEST(Placement, MakesTheSameClusterOfAllRanksConstants) {
  Roster roster = on_hosts({0, 1, 0, 1, 1});
  roster[0].constants.shared_memory.beta_ps = 40;
  roster[3].constants.shared_memory.beta_ps = 400;
  roster[1].constants.tcp.alpha_ns = 90'000;
  roster[4].constants.tcp.alpha_ns = 20'000;
  for (Member& member : roster) member.processors.count = 2;
  const Cluster cluster = cluster_of(roster, Reach::shared_memory);
  EXPECT_EQ(cluster.host_of, (std::vector<std::uint32_t>{0, 1, 0, 1, 1}));
  ASSERT_EQ(cluster.hosts.size(), 2u);
  EXPECT_EQ(cluster.hosts[1].ranks, 3);
  EXPECT_EQ(cluster.hosts[1].cores, 2);
  EXPECT_EQ(cluster.within.beta_ps, 400u);
  EXPECT_EQ(cluster.within.wake_ns, HostConstants().shared_memory.wake_ns);  // of the second host: 3 ranks on 2 cores
  EXPECT_EQ(cluster.between.alpha_ns, 90'000u);
  EXPECT_EQ(cluster_of(roster, Reach::tcp).within.alpha_ns, 90'000u);
}

TEST(PortRate, IsThatOfTheSlowestHostThatKnows) {
  Roster roster = on_hosts({0, 1, 2, 1});
  EXPECT_EQ(port_rate(roster).slowest, nullptr);
  EXPECT_EQ(cluster_of(roster, Reach::shared_memory).between.port_ps, 800u);  // 10 Gbit/s, assumed
  roster[0].mbits = 100'000;
  roster[1].mbits = 50'000;
  roster[3].mbits = 25'000;  // in a container of its own
  const PortRate rate = port_rate(roster);
  EXPECT_EQ(rate.mbits, 25'000u);
  EXPECT_EQ(rate.slowest, &roster[3]);
  EXPECT_EQ(rate.hosts_known, 2u);
  EXPECT_EQ(cluster_of(roster, Reach::shared_memory).between.port_ps, 320u);
  for (Member& member : roster) member.mbits = most_mbits;
  EXPECT_EQ(cluster_of(roster, Reach::shared_memory).between.port_ps, 1u);
}

TEST(Placement, BringsTogetherTheRanksOfAProcess) {
  EXPECT_THAT(order_of(roster_of({{0, 0, 1, 9}, {0, 0, 1, 4}, {0, 0, 1, 9}, {0, 0, 1, 4}})), ElementsAre(0, 2, 1, 3));
}

}  // namespace
}  // namespace treering
