// What is chosen for ranks on several hosts, and that it is what the simulator finds fast.
#include "planning/prices.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "planning/bounded.hpp"
#include "planning/choose.hpp"
#include "planning/predict.hpp"
#include "planning/price.hpp"
#include "topology/description.hpp"

namespace treering {
namespace {

/// So many ranks on each of so many hosts, host by host, each with a core of its own.
Cluster cluster_of(std::uint32_t hosts, Rank ranks) {
  Cluster cluster{.within = shared_memory_machine(ranks, ranks), .between = network_tcp_machine(ranks, ranks)};
  for (std::uint32_t host = 0; host < hosts; ++host) {
    cluster.hosts.push_back({ranks, ranks});
    cluster.host_of.insert(cluster.host_of.end(), static_cast<std::size_t>(ranks), host);
  }
  return cluster;
}

Shape whole(Rank ranks, std::uint64_t count, Rank root = 0) {
  Shape shape{.ranks = ranks, .root = root, .count = count};
  shape.sends.each = shape.recvs.each = count;
  return shape;
}

std::string chosen(Collective collective, const Shape& shape, Order order, const Prices& prices) {
  const auto offer = choose(collective, shape, 4, order, prices);
  EXPECT_TRUE(offer) << offer.error().message;
  return offer ? std::string(offer->row->name) : "";
}

TEST(Prices, OfOneHostAreThoseOfItsMachine) {
  const Prices prices(cluster_of(1, 6), {});
  for (const CatalogueRow& row : catalogue())
    for (const std::uint64_t count : {1, 1000, 1'000'000}) {
      const Shape shape = whole(6, count);
      const auto price = prices.price_ps(row, shape, 4, Order::commutative);
      ASSERT_TRUE(price) << price.error().message;
      EXPECT_EQ(*price, price_ps(row.cost(shape), 6, 4, shared_memory_machine(6, 6)));
    }
}

/// What buffers cost beyond the cache is the same for all algorithms, and on all hosts what the ranks of one touch.
TEST(Prices, KnowWhatTheCachesHold) {
  constexpr Rank ranks = 4;
  for (const Rank hosts : {1, 4}) {
    Cluster cluster = cluster_of(static_cast<std::uint32_t>(hosts), ranks);
    for (Cluster::Host& host : cluster.hosts) host.cores = 2;
    cluster.within.cores = 2;
    const Prices everything_near(cluster, {});
    cluster.within.far_ps = 300;
    cluster.within.cache_bytes = 1 << 20;
    const Prices prices(cluster, {});
    for (const char* const name : {"ring", "two-tree", "direct-halves"}) {
      const auto row = find_row(Collective::all_reduce, name);
      ASSERT_TRUE(row);
      for (const std::uint64_t bytes : {1 << 10, 128 << 10, 1 << 20, 1 << 30}) {
        const Shape shape = whole(ranks * hosts, bytes / 4);
        const auto price = prices.price_ps(**row, shape, 4, Order::commutative),
                   near = everything_near.price_ps(**row, shape, 4, Order::commutative);
        ASSERT_TRUE(price && near);
        const std::uint64_t touched = 2 * ranks * bytes, held = std::min<std::uint64_t>(touched, 1 << 20);
        EXPECT_EQ(*price - *near, (touched - held) * 300 / 2) << name << " " << bytes << " on " << hosts;
      }
    }
  }
}

TEST(Prices, SendLongVectorsRoundARingBetweenHosts) {
  for (const auto& [hosts, ranks] : {std::pair(2, 4), std::pair(2, 8), std::pair(4, 4), std::pair(8, 8)}) {
    const Prices prices(cluster_of(static_cast<std::uint32_t>(hosts), ranks), {});
    const Rank all = hosts * ranks;
    using enum Collective;
    for (const Collective collective : {all_reduce, all_gather, reduce_scatter})
      EXPECT_EQ(chosen(collective, whole(all, 1 << 24), Order::commutative, prices), "ring")
          << name_of(collective) << ", " << hosts << " hosts of " << ranks;
    for (const Collective collective : {broadcast, reduce})
      EXPECT_NE(chosen(collective, whole(all, 1 << 24), Order::commutative, prices), "direct") << name_of(collective);
    // A rank of each host would do for that, but everybody talks to everybody.
    EXPECT_NE(chosen(all_reduce, whole(all, 1), Order::commutative, prices), "direct") << hosts << " of " << ranks;
  }
}

TEST(Prices, LetARootTakeInOneMessageAfterAnother) {
  for (const auto& [hosts, ranks] : {std::pair(16, 8), std::pair(2, 16), std::pair(4, 8)}) {
    const Prices prices(cluster_of(static_cast<std::uint32_t>(hosts), ranks), {});
    for (const std::uint64_t count : {1, 64})
      EXPECT_EQ(chosen(Collective::reduce, whole(hosts * ranks, count), Order::commutative, prices), "binomial")
          << hosts << " hosts of " << ranks << ", " << count;
  }
}

/// Where not everything is counted, prices go on as before: a tree has more levels, and ports carry no more.
TEST(Prices, OfManyHostsGoOnAsThoseOfFew) {
  const Prices few(cluster_of(16, 16), {}), many(cluster_of(1024, 16), {});
  for (const Collective collective : {Collective::all_reduce, Collective::broadcast}) {
    const auto row = find_row(collective, "two-tree");
    ASSERT_TRUE(row);
    const auto ratio = [&](std::uint64_t count) {
      const auto before = few.price_ps(**row, whole(256, count), 4, Order::commutative),
                 after = many.price_ps(**row, whole(16384, count), 4, Order::commutative);
      EXPECT_TRUE(before && after);
      return before && after ? static_cast<double>(*after) / static_cast<double>(*before) : 0;
    };
    EXPECT_NEAR(ratio(1), 10.0 / 4, 0.5) << "of log2(1024) levels between hosts instead of log2(16)";
    EXPECT_LT(ratio(1 << 26), 1.2);
  }
}

/// Whoever asked first, and for what.
TEST(Prices, DependOnNoPrice) {
  const Prices one(cluster_of(40, 8), {}), other(cluster_of(40, 8), {});
  const auto price = [&](const Prices& prices, const CatalogueRow& row, Rank root) {
    const auto found = prices.price_ps(row, whole(320, 1000, root), 4, Order::commutative);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : 0;
  };
  for (const CatalogueRow& row : catalogue()) {
    if (!has_root(row.collective)) continue;
    std::vector<std::uint64_t> up, down;
    for (Rank root = 0; root < 320; root += 11) up.push_back(price(one, row, root));
    for (Rank root = 319 - 319 % 11; root >= 0; root -= 11) down.insert(down.begin(), price(other, row, root));
    EXPECT_EQ(up, down) << name_of(row.collective) << " " << row.name;
  }
}

TEST(Prices, KnowTheOrderInWhichRanksStand) {
  Cluster dealt_out = cluster_of(2, 4);
  dealt_out.host_of = {0, 1, 0, 1, 0, 1, 0, 1};
  const Prices by_rank(dealt_out, {}), by_place(dealt_out, RankOrder({0, 2, 4, 6, 1, 3, 5, 7}));
  const auto ring = find_row(Collective::all_reduce, "ring");
  ASSERT_TRUE(ring);
  const auto price = [&](const Prices& prices, Order order) {
    const auto found = prices.price_ps(**ring, whole(8, 1 << 22), 4, order);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : 0;
  };
  // Four hops instead of one lead from each host to the other.
  const std::uint64_t near = price(by_place, Order::commutative);
  EXPECT_GT(price(by_rank, Order::commutative), 3 * near);
  EXPECT_GT(price(by_place, Order::kept), 3 * near);
  const Prices in_blocks(cluster_of(2, 4), {});
  EXPECT_EQ(price(in_blocks, Order::commutative), near);
}

TEST(Prices, NeverFallWithTheCount) {
  const Prices prices(cluster_of(3, 5), {});
  for (const CatalogueRow& row : catalogue()) {
    std::uint64_t before = 0;
    for (std::uint64_t count = 1; count <= std::uint64_t{1} << 40; count *= 4) {
      const auto now = prices.price_ps(row, whole(15, count, 7), 4, Order::commutative);
      ASSERT_TRUE(now) << now.error().message;
      EXPECT_GE(*now, before) << name_of(row.collective) << " " << row.name << ", " << count;
      before = *now;
    }
  }
}

/// 2^20 ranks that each send 8 TiB to all others have no time that fits into 64 bits.
TEST(Prices, DoNotWrapWhereVeryManyRanksMoveVeryLongVectors) {
  using enum Collective;
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 43;
  for (const auto& [hosts, ranks] : {std::pair(1 << 20, 1), std::pair(1 << 14, 1 << 6), std::pair(1, 1 << 20)}) {
    const Prices prices(cluster_of(static_cast<std::uint32_t>(hosts), ranks), {});
    for (const Collective collective : {all_reduce, broadcast, reduce, all_gather, reduce_scatter, scan})
      for (const std::uint64_t element_bytes : {1, 8}) {
        SCOPED_TRACE(std::string(name_of(collective)) + ", " + std::to_string(hosts) + " hosts");
        std::map<const CatalogueRow*, std::uint64_t> before;
        Offer longest;
        for (std::uint64_t bytes = 8; bytes <= most_bytes; bytes *= 1 << 5) {
          const Shape shape = treering::shape_of(collective, hosts * ranks, 0, bytes / element_bytes);
          const auto made = offers(collective, shape, element_bytes, Order::kept, prices);
          ASSERT_TRUE(made) << made.error().message;
          for (const Offer& offer : *made) {
            EXPECT_GE(offer.price_ps, before[offer.row]) << offer.row->name << ", " << bytes << " bytes";
            before[offer.row] = offer.price_ps;
          }
          longest = made->front();
        }
        // Nobody has the result before it has received as much as the vector.
        const Machine& machine = hosts > 1 ? prices.cluster().between : prices.cluster().within;
        EXPECT_GE(longest.price_ps, most_bytes / 2 * std::max(machine.port_ps, machine.beta_ps)) << longest.row->name;
        EXPECT_LT(longest.price_ps, most_bounded) << longest.row->name;
      }
  }
}

/// A message of a pipeline that a port holds up is held up at every stage, and so cut as one that ranks hold up.
TEST(Prices, FillPipelinesAtTheRateOfPorts) {
  const auto row = find_row(Collective::broadcast, "two-tree");
  ASSERT_TRUE(row);
  const auto price = [&](std::uint64_t beta_ps, std::uint64_t port_ps, std::uint64_t bytes) {
    Cluster cluster = cluster_of(64, 1);
    cluster.within = {};
    cluster.between = {.alpha_ns = 18'000, .beta_ps = beta_ps, .port_ps = port_ps};
    const auto found = Prices(std::move(cluster), {}).price_ps(**row, whole(64, bytes), 1, Order::commutative);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : 0;
  };
  for (const std::uint64_t bytes : {1 << 10, 1 << 14, 1 << 17}) {
    EXPECT_EQ(price(0, 800, bytes), price(800, 0, bytes)) << bytes;
    EXPECT_EQ(price(700, 800, bytes), price(800, 700, bytes)) << bytes;
  }
}

/// Hosts whose ranks are joined by 20 GB/s and have one port for all of them: the choice is never much slower than the
/// fastest. The simulator knows no cores.
TEST(Prices, ChooseWhatIsFastWhenSimulated) {
  for (const auto& [hosts, ranks] : {std::pair(2, 4), std::pair(4, 2), std::pair(3, 4), std::pair(4, 8)}) {
    const std::string text = std::to_string(hosts) + " hosts x (" + std::to_string(ranks) +
                             " gpu nvswitch 20GB/s, 1 nic 1.25GB/s 8us pcie5)";
    const auto topology = topology::described_topology(text);
    ASSERT_TRUE(topology) << topology.error().message;
    const auto graph = topology_graph(*topology);
    ASSERT_TRUE(graph) << graph.error().message;
    Network network = network_of(*topology, *graph);
    ASSERT_EQ(network.ranks(), hosts * ranks);
    Cluster cluster = cluster_of(static_cast<std::uint32_t>(hosts), ranks);
    cluster.within = {.alpha_ns = 1600, .overhead_ns = 500, .beta_ps = 50, .gamma_ps = 50};
    cluster.between = {.alpha_ns = 18'000, .overhead_ns = 500, .beta_ps = 50, .gamma_ps = 50, .port_ps = 800};
    const Prices prices(std::move(cluster), {});
    using enum Collective;
    for (const Collective collective : {all_reduce, all_gather, reduce_scatter, broadcast, reduce})
      for (const std::uint64_t bytes : {1 << 10, 1 << 16, 1 << 20, 1 << 24}) {
        const std::uint64_t elements = bytes / 4;
        const Constants constants{
            .send_overhead_ps = 500'000, .recv_overhead_ps = 500'000, .reduction_mb_per_s = 20'000};
        const Shape shape = treering::shape_of(collective, hosts * ranks, 0, elements);
        const auto offer = choose(collective, shape, 4, Order::commutative, prices);
        ASSERT_TRUE(offer) << offer.error().message;
        const auto best = fastest(collective, elements, 4, network, constants, 1 << 16);
        const auto ours = predict(*offer->row, elements, 4, network, constants, 1 << 16);
        ASSERT_TRUE(best && ours);
        EXPECT_LE(static_cast<double>(ours->time_ps), 1.5 * static_cast<double>(best->time_ps))
            << name_of(collective) << " of " << bytes << " on " << text << ": " << offer->row->name << ", best "
            << best->row->name;
      }
  }
}

}  // namespace
}  // namespace treering
