// Predictions: what is reckoned agrees with what is simulated, and the fastest is the fastest.
#include "planning/predict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "topology/description.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t many = 1 << 20;

/// The ranks of a typed topology.
class Ranks {
 public:
  explicit Ranks(const std::string& text)
      : topology_(*topology::described_topology(text)), network_(network_of(topology_, *topology_graph(topology_))) {}
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  Network& network() { return network_; }

  Prediction predicted(Collective collective, std::string_view algorithm, std::uint64_t elements,
                       const Constants& constants, std::uint64_t most_slices = many) {
    const auto prediction = predict(**find_row(collective, algorithm), elements, 4, network_, constants, most_slices);
    EXPECT_TRUE(prediction) << prediction.error().message;
    return prediction ? *prediction : Prediction{};
  }

 private:
  topology::Topology topology_;
  Network network_;
};

constexpr Constants constants{
    .slice_bytes = 1 << 20, .send_overhead_ps = 250'000, .recv_overhead_ps = 150'000, .reduction_mb_per_s = 40'000};

TEST(Predict, ARingThatIsReckonedTakesAsLongAsOneThatIsSimulated) {
  for (Rank p = 2; p <= 64; ++p) {
    Ranks hosts(std::to_string(p) + " hosts 10GB/s 3us");
    for (const Collective collective : {Collective::all_reduce, Collective::all_gather, Collective::reduce_scatter}) {
      const auto elements = 1000 * static_cast<std::uint64_t>(p);
      const Prediction simulated = hosts.predicted(collective, "ring", elements, constants);
      const Prediction reckoned = hosts.predicted(collective, "ring", elements, constants, 0);
      EXPECT_EQ(simulated.time_ps, reckoned.time_ps) << p << ", " << name_of(collective);
      EXPECT_EQ(simulated.busy_ps, reckoned.busy_ps) << p << ", " << name_of(collective);
    }
  }
}

TEST(Predict, ARingOfHopsOfManyKindsIsReckonedClosely) {
  for (const char* text : {"4 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s 3us pcie5)",
                           "8 hosts x (4 gpu nvlink 100GB/s, 1 nic 10GB/s 2us pcie4)", "torus 4x8 25GB/s 1us"}) {
    Ranks ranks(text);
    for (const std::uint64_t elements : {32, 32'000, 3'200'000}) {
      const Prediction simulated = ranks.predicted(Collective::all_reduce, "ring", elements, constants);
      const Prediction reckoned = ranks.predicted(Collective::all_reduce, "ring", elements, constants, 0);
      const auto time = static_cast<double>(simulated.time_ps);
      EXPECT_NEAR(time, static_cast<double>(reckoned.time_ps), 0.1 * time) << text << ", " << elements;
    }
  }
}

TEST(Predict, TheFastestIsFoundAlthoughMostAreNotRun) {
  for (const char* text :
       {"7 hosts 10GB/s 3us", "torus 3x4 25GB/s 1us", "2 hosts x (4 gpu nvswitch 450GB/s, 4 nic 50GB/s)"}) {
    Ranks ranks(text);
    for (const Collective collective : {Collective::all_reduce, Collective::broadcast, Collective::reduce,
                                        Collective::all_gather, Collective::reduce_scatter, Collective::scan})
      for (const std::uint64_t elements : {1, 1000, 100'000, 10'000'000}) {
        const auto best = fastest(collective, elements, 4, ranks.network(), constants, many);
        ASSERT_TRUE(best) << best.error().message;
        std::uint64_t least = ~0ull;
        for (const CatalogueRow* row : rows_for(collective, Order::commutative))
          least = std::min(least, ranks.predicted(collective, row->name, elements, constants).time_ps);
        EXPECT_EQ(best->time_ps, least) << text << ", " << name_of(collective) << ", " << elements;
        EXPECT_EQ(best->time_ps, ranks.predicted(collective, best->row->name, elements, constants).time_ps);
      }
  }
}

TEST(Predict, NamesTheBusiestChannel) {
  Ranks hosts("2 hosts 10GB/s 3us");
  const Prediction told = hosts.predicted(Collective::broadcast, "binomial", 1000, {});
  EXPECT_EQ(told.busiest, 0u);  // from host0 to the network
  EXPECT_EQ(told.busy_ps, 4000u * 100);
  EXPECT_EQ(told.lanes, 1u);
}

TEST(Predict, RefusesWhatIsTooLongAndSaysWhatWasLeftOut) {
  Ranks hosts("64 hosts 10GB/s 3us");
  const auto direct = predict(**find_row(Collective::all_gather, "direct"), 640, 4, hosts.network(), {}, 100);
  ASSERT_FALSE(direct);
  EXPECT_THAT(direct.error().message, HasSubstr("direct sends 4032 messages (more than 100"));
  const auto best = fastest(Collective::all_gather, 640, 4, hosts.network(), {}, 100);
  ASSERT_TRUE(best) << best.error().message;
  EXPECT_EQ(best->row->name, "ring");
  ASSERT_EQ(best->left_out.size(), 1u);
  EXPECT_EQ(best->left_out[0]->name, "direct");
  // It circulates as rings do, and is none.
  EXPECT_FALSE(predict(**find_row(Collective::all_reduce, "direct-halves"), 640, 4, hosts.network(), {}, 100));
}

TEST(Predict, RefusesTimesThatDoNotFit) {
  Ranks slow("4 hosts 0.001GB/s 3us");
  const auto late = HasSubstr("it takes more than 213 days");
  const std::uint64_t fits = std::uint64_t{1} << 41;  // bytes of one message: 25 days
  ASSERT_TRUE(ring_time(slow.network(), {}, 6, 3, fits));
  EXPECT_EQ(ring_time(slow.network(), {}, 6, 3, fits)->busy_ps, 6 * fits * 1'000'000);
  for (const std::uint64_t bytes : {4 * fits, std::uint64_t{1} << 60}) {
    const auto ring = ring_time(slow.network(), {}, 6, 3, bytes);
    ASSERT_FALSE(ring) << bytes;
    EXPECT_THAT(ring.error().message, late);
  }
  const auto reducing = ring_time(slow.network(), {.reduction_mb_per_s = 1}, 6, 3, 3 * fits / 2);
  ASSERT_FALSE(reducing);
  EXPECT_THAT(reducing.error().message, late);
}

TEST(Predict, WhatFailsForOneAlgorithmIsSaidAndAnotherIsFound) {
  topology::Topology hosts = *topology::described_topology("8 hosts 10GB/s 3us");
  ASSERT_TRUE(hosts.set_measured(2, {.forward_gbs = 0, .back_gbs = 10, .latency_us = {}}));  // host2 is never heard
  Network network = network_of(hosts, *topology_graph(hosts));
  const auto best = fastest(Collective::broadcast, 1 << 20, 4, network, constants, many);
  ASSERT_TRUE(best) << best.error().message;
  ASSERT_FALSE(best->failed.empty());
  for (const Failed& failed : best->failed) {
    EXPECT_NE(failed.row, best->row);
    EXPECT_THAT(failed.why.message, HasSubstr("no way leads from host2 to host"));
  }
  const auto none = fastest(Collective::all_gather, 1 << 20, 4, network, constants, many);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("no way leads from host2 to host"));
}

TEST(Predict, WhatIsLongerThanSoManySlicesIsNotRun) {
  Ranks hosts("4 hosts 10GB/s 3us");
  const std::uint64_t elements = std::uint64_t{1} << 50;
  const auto tree = predict(**find_row(Collective::broadcast, "two-tree"), elements, 4, hosts.network(), {}, many);
  ASSERT_FALSE(tree);
  EXPECT_THAT(tree.error().message, HasSubstr("two-tree sends 6291456 messages (more than 1048576"));
}

TEST(Predict, LongVectorsHaveLongSlices) {
  Ranks hosts("8 hosts 10GB/s 3us");
  const auto time = [&](std::uint64_t most_slices) {
    return hosts.predicted(Collective::broadcast, "two-tree", 1 << 22, {}, most_slices).time_ps;
  };
  EXPECT_GT(time(28), time(1000)) << "two slices a tree make no pipeline";
}

}  // namespace
}  // namespace treering
