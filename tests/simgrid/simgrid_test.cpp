// The simulator beside SimGrid, on the same links with the same routes, messages and dependencies. What differs is how
// links are shared: SimGrid gives messages that meet equal shares at the same time, we let them pass one after another.
// SimGrid's links can be told to take one message at a time; it then holds all links of its way until it has arrived.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "simgrid/simgrid_messages.hpp"
#include "support/tool_test.hpp"
#include "unit/simulation_platforms.hpp"

namespace treering {
namespace {

using test::Departure;
using testing::AllOf;
using testing::DoubleNear;
using testing::Ge;
using testing::Le;

constexpr std::uint64_t kib = 1024;

/// % stands for a latency.
struct Scene {
  const char* name;
  const char* network;
  bool large = false;
};

constexpr Scene scenes[] = {
    {"fat_tree_64", "fat-tree 64 hosts 25GB/s %, leaves of 8"},
    {"torus_64", "torus 4x4x4 25GB/s %"},
    {"dragonfly_64", "dragonfly 8 groups of 4 routers of 2 hosts 25GB/s %"},
    {"fat_tree_256", "fat-tree 256 hosts 25GB/s %, leaves of 16"},
    {"torus_256", "torus 4x8x8 25GB/s %"},
    {"dragonfly_256", "dragonfly 16 groups of 4 routers of 4 hosts 25GB/s %"},
    {"fat_tree_1024", "fat-tree 1024 hosts 25GB/s %, 3 levels, leaves of 16", true},
    {"torus_1024", "torus 8x8x16 25GB/s %", true},
    {"dragonfly_1024", "dragonfly 32 groups of 8 routers of 4 hosts 25GB/s %", true},
};

std::string name_of_scene(const testing::TestParamInfo<Scene>& info) {
  return info.param.name;
}

class BesideSimGrid : public test::ToolTest, public testing::WithParamInterface<Scene> {
 protected:
  void SetUp() override {
    if (std::string(TREERING_SIMGRID_REPLAY).empty())
      GTEST_SKIP() << "SimGrid was not there at configure time (apt-get install libsimgrid-dev, and configure again)";
  }

  /// All ranks send in each round: of 1,024 that are ten thousand messages, which take SimGrid 10 to 40 s each time,
  /// and so are sent on the one network alone that takes it least. A broadcast has one a rank, over the same routes,
  /// and takes a fifth of a second.
  static bool may_send_all_at_once(std::string_view quickest = "") {
    return !GetParam().large || GetParam().name == quickest || std::getenv("TREERING_TEST_LARGE");
  }

  static std::string network(const char* latency) {
    std::string text = GetParam().network;
    return text.replace(text.find('%'), 1, latency);
  }

  /// Our time over SimGrid's.
  double ratio(const std::string& network, Collective collective, const char* algorithm, std::uint64_t bytes,
               Departure departure, const Constants& constants = {}) {
    Hosts hosts(network);
    const auto schedules = schedules_of(collective, algorithm, hosts.ranks(), bytes);
    std::ofstream(path("messages")) << test::messages_for_simgrid(schedules, hosts.network(), constants, departure);
    const char* links = departure == Departure::together ? " shares <" : " queues <";
    const test::Ran ran = run_shell(TREERING_SIMGRID_REPLAY + std::string(links) + path("messages"));
    EXPECT_EQ(ran.status, 0) << ran.err;
    const double us = static_cast<double>(hosts.run(schedules, constants).time_ps) / 1e6;
    const double ratio = us / std::strtod(ran.out.c_str(), nullptr);
    RecordProperty(std::string(name_of(collective)) + " by " + algorithm, std::to_string(ratio));
    return ratio;
  }
};

TEST_P(BesideSimGrid, AgreesWhereMessagesAreShort) {
  EXPECT_THAT(ratio(network("0.5us"), Collective::broadcast, "binomial", 64, Departure::together), DoubleNear(1, 0.01));
  if (!may_send_all_at_once("dragonfly_1024")) return;
  EXPECT_THAT(ratio(network("0.5us"), Collective::all_reduce, "recursive-doubling", 64, Departure::together),
              DoubleNear(1, 0.01));
}

TEST_P(BesideSimGrid, AgreesWhereBothQueue) {
  EXPECT_THAT(ratio(network("0us"), Collective::broadcast, "binomial", 64 * kib, Departure::one_after_another),
              DoubleNear(1, 0.001));
  if (!may_send_all_at_once("torus_1024")) return;
  EXPECT_THAT(
      ratio(network("0us"), Collective::all_reduce, "recursive-doubling", 64 * kib, Departure::one_after_another),
      AllOf(Ge(0.89), Le(1.001)));
}

TEST_P(BesideSimGrid, IsNeverSlowerThanFairShares) {
  EXPECT_THAT(ratio(network("0.5us"), Collective::broadcast, "binomial", 64 * kib, Departure::together),
              AllOf(Ge(0.25), Le(1.001)));
  if (!may_send_all_at_once()) return;
  EXPECT_THAT(ratio(network("0.5us"), Collective::all_reduce, "recursive-doubling", 64 * kib, Departure::together),
              AllOf(Ge(0.6), Le(1.001)));
}

INSTANTIATE_TEST_SUITE_P(Networks, BesideSimGrid, testing::ValuesIn(scenes), name_of_scene);

/// Pipelines take SimGrid long.
class PipelinesBesideSimGrid : public BesideSimGrid {};

TEST_P(PipelinesBesideSimGrid, Agree) {
  const Constants constants{.slice_bytes = 64 * kib, .window = 2};
  EXPECT_THAT(
      ratio(network("0us"), Collective::broadcast, "two-tree", 512 * kib, Departure::one_after_another, constants),
      AllOf(Ge(0.7), Le(1.001)));
  EXPECT_THAT(
      ratio(network("0us"), Collective::all_reduce, "two-tree", 512 * kib, Departure::one_after_another, constants),
      AllOf(Ge(0.7), Le(1.001)));
}

INSTANTIATE_TEST_SUITE_P(Networks, PipelinesBesideSimGrid, testing::ValuesIn(scenes, scenes + 6), name_of_scene);

}  // namespace
}  // namespace treering
