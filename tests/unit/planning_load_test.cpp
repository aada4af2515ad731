// What algorithms ask of several hosts: what is reckoned and counted against their schedules, word by word.
#include "planning/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "planning/chain.hpp"
#include "planning/pattern.hpp"
#include "schedule/wiring.hpp"

namespace treering {
namespace {

/// Rank r is on host hosts[r].
Cluster cluster_on(const std::vector<std::uint32_t>& hosts, const Machine& within, const Machine& between) {
  Cluster cluster{.within = within, .between = between, .host_of = hosts};
  cluster.hosts.resize(*std::ranges::max_element(hosts) + 1);
  for (const std::uint32_t host : hosts) ++cluster.hosts[host].ranks;
  for (Cluster::Host& host : cluster.hosts) host.cores = 1;
  return cluster;
}

const std::vector<std::vector<std::uint32_t>> layouts = {
    {0, 0, 0, 0, 1, 1, 1, 1},
    {0, 1, 0, 1, 0, 1, 0, 1},
    {0, 1, 2},
    {0, 0, 0, 1, 0, 2, 2, 0, 0, 1, 2},
    {3, 3, 3, 3, 0, 0, 1, 1, 1, 1, 2, 2, 2},
};

Shape unit_shape(Rank ranks, Rank root) {
  Shape shape{.ranks = ranks, .root = root, .count = 2 * static_cast<std::uint64_t>(ranks)};
  shape.sends.each = shape.recvs.each = shape.count;
  return shape;
}

std::vector<Schedule> schedules_of(const CatalogueRow& row, const Shape& shape, const RankOrder& order) {
  std::vector<Schedule> schedules;
  for (Shape one = shape; one.rank < one.ranks; ++one.rank) {
    auto made = make(row, one, order);
    EXPECT_TRUE(made) << made.error().message;
    schedules.push_back(made ? *std::move(made) : Schedule{});
  }
  return schedules;
}

/// The same of every rank and every host, for a cluster in which a byte and a message between hosts cost 1, and nothing
/// else costs anything.
struct Crossing {
  std::uint64_t of_rank = 0, of_port = 0, of_host = 0, messages_of_host = 0, folded = 0;
};
Crossing crossing_in(const std::vector<Schedule>& schedules, const std::vector<std::uint32_t>& hosts) {
  struct Ways {
    std::uint64_t out = 0, in = 0, messages = 0, folded = 0;
  };
  std::vector<Ways> ranks(schedules.size());
  std::map<std::uint32_t, Ways> all;
  Crossing found;
  for (std::size_t rank = 0; rank < schedules.size(); ++rank) {
    Ways& mine = ranks[rank];
    for (const Lane& lane : schedules[rank].lanes)
      for (const Step& step : lane.steps) {
        std::uint64_t taken = 0;
        for (const Act& word : lane.words(step)) {
          taken += takes(word);
          if (!on_wire(word) || hosts[static_cast<std::size_t>(word.peer)] == hosts[rank]) continue;
          (word.verb == Verb::send ? mine.out : mine.in) += step.count;
          ++mine.messages;
        }
        mine.folded += taken > 1 ? (taken - 1) * step.count : 0;
      }
    found.of_rank = std::max(found.of_rank, std::max(mine.out, mine.in));
    found.folded = std::max(found.folded, mine.folded);
    Ways& host = all[hosts[rank]];
    host.out += mine.out;
    host.in += mine.in;
    host.messages += mine.messages;
  }
  for (const auto& [number, host] : all) {
    found.of_port = std::max(found.of_port, std::max(host.out, host.in));
    found.of_host = std::max(found.of_host, host.out + host.in);
    found.messages_of_host = std::max(found.messages_of_host, host.messages);
  }
  return found;
}

Load loaded(const CatalogueRow& row, Rank root, const RankOrder& order, const Cluster& cluster,
            std::uint64_t most = most_messages_counted) {
  auto load = load_of(row, root, order, cluster, most);
  EXPECT_TRUE(load) << load.error().message;
  return load ? *std::move(load) : Load{};
}

std::string named(const CatalogueRow& row, const std::vector<std::uint32_t>& hosts) {
  std::string text = std::string(name_of(row.collective)) + " by " + std::string(row.name) + " on";
  for (const std::uint32_t host : hosts) text += " " + std::to_string(host);
  return text;
}

RankOrder host_by_host(const std::vector<std::uint32_t>& hosts) {
  std::vector<Rank> ranks;
  for (Rank rank = 0; rank < std::ssize(hosts); ++rank) ranks.push_back(rank);
  std::ranges::stable_sort(ranks, {}, [&](Rank rank) { return hosts[static_cast<std::size_t>(rank)]; });
  return RankOrder(std::move(ranks));
}

TEST(Load, IsWhatSchedulesSendBetweenHosts) {
  const Machine between{.overhead_ns = 1, .beta_ps = 1, .port_ps = 1};
  for (const auto& hosts : layouts)
    for (const CatalogueRow& row : catalogue())
      for (const RankOrder& order : {RankOrder(), host_by_host(hosts)}) {
        if (!row.by_place && !order.is_rank_order()) continue;
        SCOPED_TRACE(named(row, hosts));
        const auto ranks = static_cast<Rank>(hosts.size());
        const Rank root = has_root(row.collective) ? ranks / 2 : 0;
        const Load load = loaded(row, root, order, cluster_on(hosts, {}, between));
        const Crossing wanted = crossing_in(schedules_of(row, unit_shape(ranks, root), order), hosts);
        EXPECT_EQ(load.rank_ps, wanted.of_rank);
        EXPECT_EQ(load.port_ps, wanted.of_port);
        // Hosts that another outdoes are left out, so the first has most messages and the last most bytes.
        EXPECT_EQ(load.work.front().messages_ns, wanted.messages_of_host);
        EXPECT_EQ(load.work.back().bytes_ps, wanted.of_host);
      }
}

TEST(Load, FoldsWhatSchedulesFold) {
  for (const auto& hosts : layouts)
    for (const CatalogueRow& row : catalogue()) {
      SCOPED_TRACE(named(row, hosts));
      const auto ranks = static_cast<Rank>(hosts.size());
      const Load load = loaded(row, 0, {}, cluster_on(hosts, {.gamma_ps = 1}, {}));
      EXPECT_EQ(load.rank_ps, crossing_in(schedules_of(row, unit_shape(ranks, 0), {}), hosts).folded);
    }
}

/// Beside those that schedules have. A ring's is an average: where its longest chain begins makes a difference.
TEST(Load, ReckonsChainsAsSchedulesHaveThem) {
  const Machine within{.alpha_ns = 10}, between{.alpha_ns = 1000};
  for (const auto& hosts : layouts)
    for (const CatalogueRow& row : catalogue()) {
      SCOPED_TRACE(named(row, hosts));
      const auto ranks = static_cast<Rank>(hosts.size());
      const auto schedules = schedules_of(row, unit_shape(ranks, 0), {});
      const auto wiring = wiring_of(schedules);
      ASSERT_TRUE(wiring) << wiring.error().message;
      const auto chain = longest_chain_ns(*wiring, [&](Rank from, Rank to) {
        const Machine& machine =
            hosts[static_cast<std::size_t>(from)] == hosts[static_cast<std::size_t>(to)] ? within : between;
        return Delay{machine.alpha_ns, machine.overhead_ns};
      });
      ASSERT_TRUE(chain) << chain.error().message;
      const auto reckoned = static_cast<double>(loaded(row, 0, {}, cluster_on(hosts, within, between)).chain_ns);
      const auto real = static_cast<double>(*chain);
      EXPECT_NEAR(reckoned, real, pattern_of(row) == Pattern::ring ? 0.25 * real : 0);
    }
}

TEST(Load, PostsMessagesOneAfterAnother) {
  const Machine within{.alpha_ns = 10, .overhead_ns = 2}, between{.alpha_ns = 1000, .overhead_ns = 30};
  const Cluster cluster = cluster_on({0, 0, 0, 1, 1, 1}, within, between);
  const auto chain = [&](Collective collective, std::string_view name) {
    const auto row = find_row(collective, name);
    EXPECT_TRUE(row) << row.error().message;
    return row ? loaded(**row, 0, {}, cluster).chain_ns : 0;
  };
  EXPECT_EQ(chain(Collective::all_reduce, "direct"), 2u * 2 + 2 * 30 + 1000);
  EXPECT_EQ(chain(Collective::broadcast, "direct"), 2u * 2 + 2 * 30 + 1000);
  EXPECT_EQ(chain(Collective::broadcast, "binomial"), 30u + 10 + 1000);  // 0 tells 4, then 2, who tells 3
  EXPECT_EQ(chain(Collective::all_reduce, "direct-halves"), 2 * (2u * 2 + 2 * 30 + 1000));
}

TEST(Load, OfTooManyMessagesIsThatOfStrangers) {
  const auto row = find_row(Collective::all_reduce, "recursive-doubling");
  ASSERT_TRUE(row);
  const Machine between{.alpha_ns = 1000, .beta_ps = 1, .port_ps = 1};
  const Cluster cluster = cluster_on({0, 0, 0, 0, 1, 1, 1, 1}, {}, between);
  // Of three rounds, one leads to the other host.
  EXPECT_EQ(loaded(**row, 0, {}, cluster).chain_ns, 1000u);
  EXPECT_EQ(loaded(**row, 0, {}, cluster).port_ps, 4u * 16);
  EXPECT_EQ(loaded(**row, 0, {}, cluster, 23).chain_ns, 3000u);
  EXPECT_EQ(loaded(**row, 0, {}, cluster, 23).port_ps, 3u * 4 * 16);
}

TEST(Load, SharesTheCoresOfEachHost) {
  const auto row = find_row(Collective::all_reduce, "ring");
  ASSERT_TRUE(row);
  Cluster cluster = cluster_on({0, 0, 0, 0, 1, 1}, {.beta_ps = 1}, {.beta_ps = 1});
  const auto bytes = [&] { return loaded(**row, 0, {}, cluster).work.back().bytes_ps; };
  const std::uint64_t of_a_rank = 2 * 2 * 12 * 5 / 6;
  EXPECT_EQ(bytes(), 4 * of_a_rank);
  cluster.hosts[0].cores = 3;
  EXPECT_EQ(bytes(), 2 * of_a_rank);  // of the second host now
  cluster.hosts[1].cores = 16;
  EXPECT_EQ(bytes(), 4 * of_a_rank / 3);
}

TEST(Pattern, IsKnownByWhatSchedulesDo) {
  for (const CatalogueRow& row : catalogue()) {
    using enum Collective;
    const bool talks_to_all = row.name.starts_with("direct") && !has_root(row.collective);
    const Pattern wanted = row.name == "ring" ? Pattern::ring : talks_to_all ? Pattern::others : Pattern::other;
    EXPECT_EQ(pattern_of(row), wanted) << name_of(row.collective) << " by " << row.name;
  }
}

}  // namespace
}  // namespace treering
