// What algorithms ask of several hosts: what is reckoned and counted against their schedules, word by word.
#include "planning/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "planning/bounded.hpp"
#include "planning/chain.hpp"
#include "planning/pattern.hpp"
#include "planning/price.hpp"
#include "planning/prices.hpp"
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

/// Of a sample of so many ranks, if there are more.
Load loaded(const CatalogueRow& row, Rank root, const RankOrder& order, const Cluster& cluster,
            Rank most_ranks = most_ranks_counted) {
  const Cluster in_a_row = in_order(order, cluster);
  const Sample sample = sample_of(in_a_row, most_ranks, least_hosts_counted);
  const Rank position =
      sample.kept[static_cast<std::size_t>(sample.stands_for[static_cast<std::size_t>(order.position_of(root))])];
  auto load = load_of(row, position, in_a_row, sample);
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

Cluster in_blocks(Rank hosts, Rank ranks_each, Rank cores) {
  Cluster cluster{.within = shared_memory_machine(ranks_each, cores),
                  .between = network_tcp_machine(ranks_each, cores)};
  for (Rank host = 0; host < hosts; ++host) {
    cluster.hosts.push_back({ranks_each, cores});
    cluster.host_of.insert(cluster.host_of.end(), static_cast<std::size_t>(ranks_each),
                           static_cast<std::uint32_t>(host));
  }
  return cluster;
}

/// Between two hosts of 2^19 ranks, of which each sends a vector to all others.
TEST(Load, OfVeryManyRanksDoesNotWrap) {
  const auto row = find_row(Collective::all_reduce, "direct");
  ASSERT_TRUE(row);
  const Load load = loaded(**row, 0, {}, in_blocks(2, 1 << 19, 1));
  EXPECT_EQ(load.port_ps, most_bounded);
  EXPECT_EQ(load.work.front().bytes_ps, most_bounded);
}

/// What the row costs by this load, for messages that are short, of middle size and long.
std::vector<double> prices_by(const Load& load, const CatalogueRow& row, Rank ranks, Rank root) {
  std::vector<double> prices;
  for (const std::uint64_t count : {1, 1000, 100'000, 16'000'000}) {
    Shape shape = unit_shape(ranks, root);
    shape.count = shape.sends.each = shape.recvs.each = count;
    prices.push_back(static_cast<double>(price_ps(row.cost(shape), 4, load)));
  }
  return prices;
}

/// Where hosts are of other sizes, their ranks lie otherwise in trees: a port carries half a vector more or less.
TEST(Load, OfASampleIsAboutThatOfTheWhole) {
  double sum = 0, prices = 0;
  for (const auto& [hosts, each, cores] : {std::tuple(32, 16, 16), {33, 16, 2}, {100, 8, 8}, {64, 12, 12}, {300, 1, 1}})
    for (const CatalogueRow& row : catalogue())
      for (const Rank root : {0, hosts * each / 3, hosts * each - 1}) {
        if (root != 0 && !has_root(row.collective)) continue;
        SCOPED_TRACE(std::string(name_of(row.collective)) + " by " + std::string(row.name) + " on " +
                     std::to_string(hosts) + " hosts of " + std::to_string(each) + ", root " + std::to_string(root));
        const Cluster cluster = in_blocks(hosts, each, cores);
        const auto few = prices_by(loaded(row, root, {}, cluster), row, cluster.ranks(), root),
                   all = prices_by(loaded(row, root, {}, cluster, cluster.ranks()), row, cluster.ranks(), root);
        for (std::size_t k = 0; k < all.size(); ++k) {
          EXPECT_GT(few[k], 0.65 * all[k]);
          EXPECT_LT(few[k], 1.35 * all[k]);
          sum += std::abs(few[k] / all[k] - 1);
          ++prices;
        }
      }
  EXPECT_LT(sum / prices, 0.04);
}

/// On 16 hosts everything is counted, on 17 a sample of 9: the step from one to the other is about the real one.
TEST(Load, DoesNotJumpWhereSamplesBegin) {
  const auto prices_on = [](const CatalogueRow& row, Rank hosts, Rank most_ranks) {
    return prices_by(loaded(row, 0, {}, in_blocks(hosts, 16, 16), most_ranks), row, hosts * 16, 0);
  };
  for (const CatalogueRow& row : catalogue()) {
    const auto before = prices_on(row, 16, 256), after = prices_on(row, 17, 256), really = prices_on(row, 17, 272);
    for (std::size_t k = 0; k < before.size(); ++k)
      EXPECT_NEAR(after[k] / before[k], really[k] / before[k], 0.15)
          << row.name << " for " << name_of(row.collective) << ", size " << k;
  }
}

TEST(Load, TurnsWithTheRootOnEvenHosts) {
  const Cluster cluster = in_blocks(6, 4, 2);
  ASSERT_TRUE(is_even(cluster));
  for (const CatalogueRow& row : catalogue()) {
    if (!has_root(row.collective) || !turns_with_root(row)) continue;
    for (const Rank root : {5, 14, 23}) {
      const Load here = loaded(row, root, {}, cluster), first = loaded(row, root % 4, {}, cluster);
      EXPECT_EQ(here.chain_ns, first.chain_ns) << row.name;
      EXPECT_EQ(here.rank_ps, first.rank_ps) << row.name;
      EXPECT_EQ(here.port_ps, first.port_ps) << row.name;
      EXPECT_EQ(here.work.front().messages_ns, first.work.front().messages_ns) << row.name;
    }
  }
}

TEST(Pattern, TurnsWithTheRootWhereRanksAreCountedFromIt) {
  using enum Collective;
  for (const auto& [collective, name, turns] : {std::tuple(broadcast, "binomial", true),
                                                {broadcast, "two-tree", true},
                                                {broadcast, "direct", true},
                                                {reduce, "two-tree", true},
                                                {reduce, "binomial", false},
                                                {reduce, "two-tree-in-order", false}}) {
    const auto row = find_row(collective, name);
    ASSERT_TRUE(row);
    EXPECT_EQ(turns_with_root(**row), turns) << name << " for " << name_of(collective);
  }
}

TEST(Pattern, IsKnownByWhatSchedulesDo) {
  for (const CatalogueRow& row : catalogue()) {
    using enum Collective;
    const bool talks_to_all = row.name.starts_with("direct") && !has_root(row.collective);
    const bool is_star = row.name == "direct" && has_root(row.collective);
    const Pattern wanted = row.name == "ring"            ? Pattern::ring
                           : talks_to_all                ? Pattern::others
                           : !is_star                    ? Pattern::other
                           : row.collective == broadcast ? Pattern::from_root
                                                         : Pattern::to_root;
    EXPECT_EQ(pattern_of(row), wanted) << name_of(row.collective) << " by " << row.name;
  }
}

}  // namespace
}  // namespace treering
