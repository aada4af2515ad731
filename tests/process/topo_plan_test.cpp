// What --plan says where it cannot say all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/topo/plan.hpp"
#include "topo_samples.hpp"

namespace treering::topo {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string planned(const Topology& topology, std::vector<std::uint64_t> sizes) {
  const auto text = plan_text(topology, std::nullopt, sizes, Paint(false));
  EXPECT_TRUE(text) << text.error().message;
  return text ? *text : "";
}

/// Nothing leaves that host.
Topology with_a_mute(int host, int hosts) {
  Topology topology = typed(std::to_string(hosts) + " hosts 10GB/s 2us");
  measure(topology, "host" + std::to_string(host), "network", 0, 10);
  return topology;
}

TEST(TopoPlan, SaysWhichCollectivesCannotBeDoneAndPlansTheOthers) {
  const std::string text = planned(with_a_mute(1, 2), {1024});
  EXPECT_THAT(text, ContainsRegex("\nall-reduce +-  +-  +-\n"));
  EXPECT_THAT(text, ContainsRegex("\nbroadcast +10 GB/s [*] +10 GB/s +host1: 1 link"));
  EXPECT_THAT(text, HasSubstr("\n-: host1 cannot reach host0 (no path of links leads there)"));
  EXPECT_THAT(text, ContainsRegex("\nbroadcast +1 KiB +[a-z-]+ +[0-9]+ +[0-9.]+ us"));
  EXPECT_THAT(text, Not(ContainsRegex("\nall-reduce +1 KiB")));
}

TEST(TopoPlan, LeavesOutAlgorithmsThatHaveNoWay) {
  const std::string text = planned(with_a_mute(2, 8), {1024, 1 << 20});
  EXPECT_THAT(text, ContainsRegex("\nbroadcast +1 MiB +[a-z-]+ +[0-9]+ +[0-9.]+ us"));
  EXPECT_THAT(text, ContainsRegex("\nNot simulated: .*broadcast.*: no way leads from host2 to "));
}

TEST(TopoPlan, GivesTheOptimumWhereNothingCanBeSimulated) {
  const std::uint64_t exbibyte = std::uint64_t{1} << 60;
  const std::string text = planned(typed("4 hosts 0.001GB/s"), {1024, exbibyte});
  EXPECT_THAT(text, ContainsRegex("\nbroadcast +0.001 GB/s"));
  EXPECT_THAT(text, ContainsRegex("\nbroadcast +1 KiB +[a-z-]+ "));
  EXPECT_THAT(text, ContainsRegex("\nbroadcast +1 EiB +-\n"));
  EXPECT_THAT(text, ContainsRegex("\nall-reduce +1 EiB +-\n"));
  EXPECT_THAT(text, AllOf(HasSubstr("no algorithm for broadcast (none is short enough to be simulated: "),
                          ContainsRegex("Not simulated: .*all-reduce.*: it takes more than 213 days")));
}

}  // namespace
}  // namespace treering::topo
