// Typed topologies: what the text says, what it is refused for, and its normal form.
#include "topology/description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace treering::topology {
namespace {

using ::testing::HasSubstr;

Description described(std::string_view text) {
  auto result = description(text);
  EXPECT_TRUE(result) << text << ": " << result.error().message;
  return result ? *std::move(result) : Description();
}

std::string refusal(std::string_view text) {
  const auto result = description(text);
  EXPECT_FALSE(result) << text;
  if (result) return "";
  EXPECT_EQ(result.error().code, Code::invalid_argument);
  return result.error().message;
}

TEST(Description, ReadsEveryWordOfAHost) {
  const Description expected{
      .network = Flat{.hosts = 2},
      .inside = Inside{.numa = {.count = 2, .speed = {.gbs = 80, .latency_us = 0.25}},
                       .gpus = {.count = 8,
                                .fabric = GpuFabric::nvswitch,
                                .speed = {.gbs = 450},
                                .slot = Slot{.generation = 4, .lanes = 8}},
                       .nics = {.count = 4, .speed = {.gbs = 50, .latency_us = 2}, .slot = Slot{.generation = 5}},
                       .cores = {.count = 64, .speed = {.gbs = 12.5}}}};
  EXPECT_EQ(
      described(
          "2 hosts x (2 numa 80GB/s 250ns, 8 gpu nvswitch 450GB/s pcie4x8, 4 nic 50GB/s 2us pcie5, 64 cores 100Gb/s)"),
      expected);
  EXPECT_EQ(described("2 hosts x(64 cores 12.5 GB/s,8 gpus pcie4x8 450000 MB/s nvswitch,\n4 nics pcie5 2 us 0.05TB/s,2 "
                      "numa 0.00025ms 80GB/s)"),
            expected);
}

TEST(Description, KnowsBitsFromBytes) {
  const std::vector<std::pair<std::string, double>> rates{{"10Gb/s", 1.25}, {"10GB/s", 10}, {"400Mb/s", 0.05},
                                                          {"400MB/s", 0.4}, {"1Tb/s", 125}, {"1TB/s", 1000}};
  for (const auto& [text, gbs] : rates) EXPECT_EQ(described("4 hosts " + text).speed.gbs, Figure(gbs)) << text;
  for (const std::string unit : {"gb/s", "Gbps", "GBps", "Gbit/s", "GiB/s"}) {
    EXPECT_EQ(
        refusal("4 hosts 10" + unit),
        "'" + unit +
            "' at column 11 (rates are MB/s, GB/s, TB/s in bytes or Mb/s, Gb/s, Tb/s in bits) write one of these");
  }
}

TEST(Description, LeavesUnknownWhatIsNotSaid) {
  EXPECT_EQ(described("4 hosts").speed, Speed());
  EXPECT_EQ(described("4 hosts 0GB/s").speed.gbs, Figure(0));
  EXPECT_EQ(described("1 host").inside, std::nullopt);
}

TEST(Description, ReadsNetworks) {
  EXPECT_EQ(described("4 hosts 10Gb/s 5us"),
            (Description{.network = Flat{.hosts = 4}, .speed = {.gbs = 1.25, .latency_us = 5}}));
  EXPECT_EQ(described("4 hosts on rails x (2 nics)").network,
            (decltype(Description::network)(Flat{.hosts = 4, .rails = true})));
  EXPECT_EQ(described("torus 4x4x8 50GB/s"),
            (Description{.network = Torus{.extents = {4, 4, 8}}, .speed = {.gbs = 50}}));
  EXPECT_EQ(described("torus 5").network, (decltype(Description::network)(Torus{.extents = {5}})));
  EXPECT_EQ(described("twisted torus 4x4x8").network,
            (decltype(Description::network)(Torus{.extents = {4, 4, 8}, .twisted = true})));
  EXPECT_EQ(described("fat-tree 16 hosts").network, (decltype(Description::network)(FatTree{.hosts = 16})));
  EXPECT_EQ(
      described("fat-tree 128 hosts 50GB/s 1us on rails, 3 levels, leaves of 8 oversubscribed 3:2 x (4 nics)").network,
      (decltype(Description::network)(
          FatTree{.hosts = 128, .rails = true, .levels = 3, .hosts_per_leaf = 8, .down = 3, .up = 2})));
  EXPECT_EQ(described("dragonfly 9 groups of 4 routers of 2 hosts 25GB/s, 2 global 50GB/s 3us"),
            (Description{.network = Dragonfly{.groups = 9,
                                              .routers = 4,
                                              .hosts_per_router = 2,
                                              .global_links = 2,
                                              .global = {.gbs = 50, .latency_us = 3}},
                         .speed = {.gbs = 25}}));
}

TEST(Description, HasANormalFormThatReadsBack) {
  const std::vector<std::pair<std::string, std::string>> texts{
      {"1 host", "1 hosts"},
      {"4 hosts 10Gb/s 5000ns", "4 hosts 1.25GB/s 5us"},
      {"4 hosts 1us 0.01Mb/s", "4 hosts 0.00000125GB/s 1us"},
      {"2 hosts on rails x (8 nic 50GB/s pcie5, 8 gpu nvswitch 450GB/s pcie4x8, 2 numa, 3 core 1ns)",
       "2 hosts on rails x (2 numa, 3 cores 0.001us, 8 gpus nvswitch 450GB/s pcie4x8, 8 nics 50GB/s pcie5)"},
      {"1 host x (4 gpu xgmi 50GB/s)", "1 hosts x (4 gpus xgmi 50GB/s)"},
      {"1 host x (4 gpu nvlink 1us)", "1 hosts x (4 gpus nvlink 1us)"},
      {"torus 4x4x8 50GB/s x (1 gpu)", "torus 4x4x8 50GB/s x (1 gpus)"},
      {"twisted torus 4x8", "twisted torus 4x8"},
      {"fat-tree 64 hosts, oversubscribed 3:1 2 levels leaves of 6",
       "fat-tree 64 hosts, leaves of 6, oversubscribed 3:1"},
      {"fat-tree 64 hosts 1GB/s on rails 3 levels oversubscribed 1:2 x (2 nic)",
       "fat-tree 64 hosts 1GB/s on rails, 3 levels, oversubscribed 1:2 x (2 nics)"},
      {"dragonfly 9 groups of 4 routers of 2 hosts", "dragonfly 9 groups of 4 routers of 2 hosts"},
      {"dragonfly 9 groups of 4 routers of 2 hosts, 3 global", "dragonfly 9 groups of 4 routers of 2 hosts, 3 global"},
      {"dragonfly 1 group of 1 router of 2 hosts 1us, global 2us",
       "dragonfly 1 groups of 1 routers of 2 hosts 1us, global 2us"},
  };
  for (const auto& [text, normal] : texts) {
    EXPECT_EQ(text_of(described(text)), normal);
    EXPECT_EQ(described(normal), described(text)) << text;
  }
}

TEST(Description, RefusesWithTheColumn) {
  const std::vector<std::pair<std::string, std::string>> texts{
      {"",
       "the end at column 1 (hosts, 'torus', 'twisted torus', 'fat-tree' or 'dragonfly' are expected) see "
       "docs/topology.md"},
      {"  ring of 4",
       "'ring' at column 3 (hosts, 'torus', 'twisted torus', 'fat-tree' or 'dragonfly' are expected) see "
       "docs/topology.md"},
      {"4", "the end at column 2 ('hosts' is expected) see docs/topology.md"},
      {"0 hosts", "'0' at column 1 (a whole number from 1 to 1000000 is expected) write one"},
      {"1000001 hosts", "'1000001' at column 1 (a whole number from 1 to 1000000 is expected) write one"},
      {"99999999999999999999 hosts",
       "'99999999999999999999' at column 1 (a whole number from 1 to 1000000 is expected) write one"},
      {"1.5 hosts", "'1.5' at column 1 (a whole number from 1 to 1000000 is expected) write one"},
      {"4x4 hosts",
       "'4x4' at column 1 (hosts, 'torus', 'twisted torus', 'fat-tree' or 'dragonfly' are expected) see "
       "docs/topology.md"},
      {"4 hosts fast", "'fast' at column 9 (the end is expected) see docs/topology.md"},
      {"4 hosts 5us 6us", "'6' at column 13 (this was said already) say it once"},
      {"4 hosts 1GB/s 8Gb/s", "'8' at column 15 (this was said already) say it once"},
      {"4 hosts 9999999999us", "'9999999999' at column 9 (figures go to 1e9 GB/s or us) choose a smaller one"},
      {"4 hosts 50", "'50' at column 9 (the end is expected) see docs/topology.md"},
      {"4 hosts on x", "'x' at column 12 ('rails' is expected) see docs/topology.md"},
      {"4 hosts x 8 gpus", "'8' at column 11 ('(' is expected) see docs/topology.md"},
      {"4 hosts x (8 gpus", "the end at column 18 (')' is expected) see docs/topology.md"},
      {"4 hosts x ()", "')' at column 12 (a whole number from 1 to 1000000 is expected) write one"},
      {"4 hosts x (8 tpus)",
       "'tpus' at column 14 ('gpus', 'nics', 'cores' or 'numa' is expected) see docs/topology.md"},
      {"4 hosts x (8 gpus, 2 gpus)", "'2' at column 20 (these were counted already) count them once"},
      {"4 hosts x (8 nics nvswitch)", "'nvswitch' at column 19 (')' is expected) see docs/topology.md"},
      {"4 hosts x (8 cores pcie5)", "'pcie5' at column 20 (')' is expected) see docs/topology.md"},
      {"4 hosts x (8 gpus pcie8)",
       "'pcie8' at column 19 (PCIe has generations 1 to 7 and 1 to 32 lanes) write pcie5 or pcie5x8"},
      {"4 hosts x (8 gpus pcie5x33)",
       "'pcie5x33' at column 19 (PCIe has generations 1 to 7 and 1 to 32 lanes) write pcie5 or pcie5x8"},
      {"4 hosts x (8 gpus pcie4 pcie5)", "'pcie5' at column 25 (')' is expected) see docs/topology.md"},
      {"4 hosts x (8 gpus pcie)", "'pcie' at column 19 (a whole number from 1 to 1000000 is expected) write one"},
      {"4 hosts x (8 gpus nvlink xgmi)", "'xgmi' at column 26 (')' is expected) see docs/topology.md"},
      {"4 hosts x (8 gpus) 50GB/s", "'50' at column 20 (the end is expected) see docs/topology.md"},
      {"torus", "the end at column 6 (1 to 6 extents are expected) write 4x4x8"},
      {"torus x", "'x' at column 7 (a whole number from 1 to 1000000 is expected) write one"},
      {"torus 4x0", "'4x0' at column 7 (a whole number from 1 to 1000000 is expected) write one"},
      {"torus 1x1x1x1x1x1x1", "'1x1x1x1x1x1x1' at column 7 (1 to 6 extents are expected) write 4x4x8"},
      {"twisted 4x8", "'4x8' at column 9 ('torus' is expected) see docs/topology.md"},
      {"twisted torus 4x4",
       "'4x4' at column 15 (a twisted torus has extents k and 2k, both of them, k at least 2) write 4x4x8"},
      {"twisted torus 4x6x8",
       "'4x6x8' at column 15 (a twisted torus has extents k and 2k, both of them, k at least 2) write 4x4x8"},
      {"twisted torus 1x2",
       "'1x2' at column 15 (a twisted torus has extents k and 2k, both of them, k at least 2) write 4x4x8"},
      {"fat-tree hosts", "'hosts' at column 10 (a whole number from 1 to 1000000 is expected) write one"},
      {"fat-tree 16 hosts, 9 levels", "'9' at column 20 (fat trees have 1 to 8 levels) choose fewer"},
      {"fat-tree 16 hosts, tall",
       "'tall' at column 20 (a number of levels, 'leaves of' or 'oversubscribed' is expected) see docs/topology.md"},
      {"fat-tree 16 hosts oversubscribed 2", "the end at column 35 (':' is expected) see docs/topology.md"},
      {"dragonfly 9 groups of 4 routers", "the end at column 32 ('of' is expected) see docs/topology.md"},
      {"dragonfly 10 groups of 4 routers of 2 hosts, 2 global",
       "'2' at column 46 (4 routers of a group with so many global links do not reach 9 other groups) raise it"},
      {"4 hosts; 5us", "character 0x3b at column 8 (texts are made of letters, digits and ( ) , : . - /) take it out"},
      {"4 hosts \xc2\xb5s",
       "character 0xc2 at column 9 (texts are made of letters, digits and ( ) , : . - /) take it out"},
  };
  for (const auto& [text, message] : texts) EXPECT_EQ(refusal(text), message) << text;
  EXPECT_THAT(refusal(std::string(4097, ' ')), HasSubstr("has 4097 characters"));
}

TEST(Description, RefusesWhatDoesNotFitTogether) {
  EXPECT_THAT(refusal("4 hosts on rails x (8 gpus)"), HasSubstr("the network is on rails, but hosts have no NICs"));
  EXPECT_THAT(refusal("fat-tree 4 hosts on rails"), HasSubstr("the network is on rails, but hosts have no NICs"));
  EXPECT_THAT(refusal("4 hosts 10Gb/s x (1 nic 10Gb/s)"), HasSubstr("the rate of the network is said twice"));
  EXPECT_THAT(refusal("fat-tree 16 hosts, 1 level, leaves of 4"), HasSubstr("one level and several leaves"));
  EXPECT_EQ(described("fat-tree 16 hosts, 1 level, leaves of 16").speed, Speed());
  EXPECT_EQ(described("4 hosts 10us x (1 nic 10Gb/s)").speed.latency_us, Figure(10));
}

TEST(Description, IsRefusedBeforeAnythingLargeIsMade) {
  EXPECT_EQ(
      refusal("1000000 hosts"),
      "this would be 1000001 nodes and 1000000 links (topologies have at most 1000000 and 8000000) make it smaller");
  for (const char* text :
       {"torus 1000x1000x2", "torus 1000000x1000000x1000000x1000000x1000000x1000000", "1000 hosts x (1000 cores)",
        "1 host x (1000 numa, 1000 gpus, 1000000 nics)", "1 host x (10000 gpus nvlink)", "1 host x (10000 numa)",
        "1000000 hosts x (1000000 gpus, 1000000 nics)", "fat-tree 1000000 hosts, oversubscribed 1:1000000",
        "fat-tree 1000 hosts, 8 levels, oversubscribed 1:1000000",
        "dragonfly 1000000 groups of 1000000 routers of 1000000 hosts", "dragonfly 1 group of 10000 routers of 1 host",
        "dragonfly 2 groups of 1000 routers of 1 host, 1000000 global"}) {
    EXPECT_THAT(refusal(text), HasSubstr("(topologies have at most 1000000 and 8000000) make it smaller")) << text;
  }
  EXPECT_TRUE(description("4 hosts", {.nodes = 5, .links = 4}));
  EXPECT_FALSE(description("4 hosts", {.nodes = 4, .links = 4}));
  EXPECT_FALSE(description("4 hosts", {.nodes = 5, .links = 3}));
}

}  // namespace
}  // namespace treering::topology
