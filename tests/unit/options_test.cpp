#include "options/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "options/log.hpp"
#include "options/option_values.hpp"

namespace treering {
namespace {

using testing::HasSubstr;

ParsedOptions parse(const std::map<std::string, std::string>& environment) {
  std::vector<std::string> names;
  for (const auto& [name, value] : environment) names.push_back(name);
  return parse_options(
      [&](std::string_view name) -> std::optional<std::string> {
        const auto found = environment.find(std::string(name));
        return found == environment.end() ? std::nullopt : std::optional(found->second);
      },
      names);
}

TEST(Options, HaveDefaults) {
  const ParsedOptions parsed = parse({});
  EXPECT_TRUE(parsed.warnings.empty());
  EXPECT_EQ(parsed.values.log_level, LogLevel::warning);
  EXPECT_EQ(parsed.values.window_bytes, 0u);
  EXPECT_EQ(parsed.values.slice_bytes, 128u << 10);
  EXPECT_EQ(parsed.values.start_timeout, std::chrono::seconds(60));
  EXPECT_EQ(parsed.values.operation_timeout.count(), 0);
  EXPECT_EQ(parsed.values.algorithm, "auto");
  EXPECT_EQ(parsed.values.order, "place");
  EXPECT_LT(parsed.origins.size(), 40u);
  for (const OptionOrigin& origin : parsed.origins) EXPECT_EQ(origin.origin, "default") << origin.name;
}

TEST(Options, AreReadWithUnits) {
  const ParsedOptions parsed = parse({{"TREERING_WINDOW", "256KiB"},
                                      {"TREERING_START_TIMEOUT", "1.5"},
                                      {"TREERING_OPERATION_TIMEOUT", "2min"},
                                      {"TREERING_SILENCE_TIMEOUT", "2.5"},
                                      {"TREERING_PORTS", "5000-5010"},
                                      {"TREERING_SPIN", "0"}});
  EXPECT_TRUE(parsed.warnings.empty());
  EXPECT_EQ(parsed.values.window_bytes, 256u << 10);
  EXPECT_EQ(parsed.values.start_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(parsed.values.operation_timeout, std::chrono::minutes(2));
  EXPECT_EQ(parsed.values.silence_timeout, std::chrono::milliseconds(2500));
  EXPECT_EQ(parsed.values.ports.first, 5000);
  EXPECT_EQ(parsed.values.ports.last, 5010);
  EXPECT_EQ(parsed.values.spin.count(), 0);
}

TEST(Options, NamesOfNcclAreSynonymsAndOursGoFirst) {
  const ParsedOptions parsed = parse({{"NCCL_DEBUG", "INFO"},
                                      {"NCCL_SOCKET_IFNAME", "=eth0"},
                                      {"NCCL_SOCKET_FAMILY", "AF_INET6"},
                                      {"NCCL_BUFFSIZE", "5000000"},
                                      {"NCCL_ALGO", "allreduce:tree;broadcast:ring"},
                                      {"TREERING_LOG", "error"}});
  EXPECT_TRUE(parsed.warnings.empty());
  EXPECT_EQ(parsed.values.log_level, LogLevel::error);
  EXPECT_EQ(parsed.values.interfaces, "=eth0");
  EXPECT_EQ(parsed.values.address_family, 6);
  EXPECT_EQ(parsed.values.window_bytes, 4u << 20);
  EXPECT_EQ(parsed.values.algorithm, "all-reduce:two-tree,broadcast:ring");
  EXPECT_THAT(describe(parsed.origins), HasSubstr("TREERING_INTERFACES==eth0 (NCCL_SOCKET_IFNAME)\n"));
}

TEST(Options, OfRdmaHaveTheNamesOfNcclToo) {
  const ParsedOptions defaults = parse({});
  EXPECT_TRUE(defaults.values.rdma);
  EXPECT_EQ(defaults.values.gid_index, -1);
  EXPECT_EQ(defaults.values.retry_timeout, 18);
  EXPECT_EQ(defaults.values.retry_count, 6);

  const ParsedOptions parsed = parse({{"NCCL_IB_DISABLE", "1"},
                                      {"NCCL_IB_HCA", "^=mlx5_3:1"},
                                      {"NCCL_IB_GID_INDEX", "3"},
                                      {"NCCL_IB_TIMEOUT", "22"},
                                      {"NCCL_IB_RETRY_CNT", "7"},
                                      {"NCCL_IB_TC", "106"},
                                      {"NCCL_IB_SL", "5"}});
  EXPECT_TRUE(parsed.warnings.empty());
  EXPECT_FALSE(parsed.values.rdma);
  EXPECT_EQ(parsed.values.rdma_devices, "^=mlx5_3:1");
  EXPECT_EQ(parsed.values.gid_index, 3);
  EXPECT_EQ(parsed.values.retry_timeout, 22);
  EXPECT_EQ(parsed.values.retry_count, 7);
  EXPECT_EQ(parsed.values.traffic_class, 106);
  EXPECT_EQ(parsed.values.service_level, 5);
  EXPECT_EQ(parse({{"NCCL_IB_GID_INDEX", "-1"}}).values.gid_index, -1);
  EXPECT_TRUE(parse({{"NCCL_IB_GID_INDEX", "-1"}}).warnings.empty());
}

TEST(Options, OfRdmaStayAsTheyAreWhereAValueIsOutOfBounds) {
  for (const auto& [name, value] : {std::pair{"TREERING_RETRY_COUNT", "8"},
                                    {"TREERING_RETRY_TIMEOUT", "32"},
                                    {"TREERING_SERVICE_LEVEL", "16"},
                                    {"TREERING_TRAFFIC_CLASS", "256"},
                                    {"TREERING_GID_INDEX", "256"},
                                    {"TREERING_RDMA", "1"}}) {
    const ParsedOptions parsed = parse({{name, value}});
    EXPECT_EQ(parsed.warnings.size(), 1u) << name;
    EXPECT_EQ(parsed.values.retry_count, 6);
    EXPECT_EQ(parsed.values.gid_index, -1) << name;
    EXPECT_TRUE(parsed.values.rdma) << name;
  }
}

TEST(Options, WhatCannotBeReadIsWarnedAboutAndLeftAtItsDefault) {
  const ParsedOptions parsed = parse({{"TREERING_WINDOW", "3000"},
                                      {"TREERING_CONNECT_TIMEOUT", "0"},
                                      {"TREERING_SILENCE_TIMEOUT", "500ms"},
                                      {"TREERING_PORTS", "9-5"},
                                      {"TREERING_TRANSPORT", "pigeon"},
                                      {"NCCL_ALGO", "NVLS"}});
  EXPECT_EQ(parsed.warnings.size(), 6u);
  EXPECT_EQ(parsed.values.silence_timeout, std::chrono::seconds(10));
  EXPECT_EQ(parsed.values.window_bytes, 0u);
  EXPECT_EQ(parsed.values.connect_timeout, std::chrono::seconds(20));
  EXPECT_EQ(parsed.values.ports.first, 0);
  EXPECT_EQ(parsed.values.transport, "auto");
  EXPECT_EQ(parsed.values.algorithm, "auto");
}

TEST(Options, UnknownNamesAreWarnedAboutWithTheNearest) {
  const ParsedOptions parsed = parse({{"TREERING_WINDWO", "1MiB"}, {"TREERING_RANK", "0"}, {"NCCL_UNKNOWN", "1"}});
  ASSERT_EQ(parsed.warnings.size(), 1u);
  EXPECT_THAT(parsed.warnings[0], HasSubstr("did you mean TREERING_WINDOW?"));
  EXPECT_THAT(parse({{"TREERING_ZYXWVU", ""}}).warnings.at(0), HasSubstr("docs/options.md"));
}

TEST(Options, TwoSlicesFitIntoAWindow) {
  EXPECT_EQ(parse({{"TREERING_WINDOW", "4KiB"}}).values.slice_bytes, 2048u);
  EXPECT_TRUE(parse({{"TREERING_WINDOW", "4KiB"}}).warnings.empty());
  EXPECT_EQ(parse({{"TREERING_WINDOW", "4KiB"}, {"TREERING_SLICE", "4KiB"}}).warnings.size(), 1u);
}

TEST(Options, AreDocumentedFromTheTable) {
  const std::string document = options_document();
  for (const OptionOrigin& origin : parse({}).origins) EXPECT_THAT(document, HasSubstr("| `" + origin.name + "` |"));
}

TEST(OptionValues, SizesAreShownExactlyWhereThatIsShort) {
  const auto kib = [](double size) { return size_text(static_cast<std::uint64_t>(1024 * size)); };
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1000), "1000 B");
  EXPECT_EQ(size_text(9999), "9999 B");
  EXPECT_EQ(size_text(10'001), "9.77 KiB");
  EXPECT_EQ(kib(29.5), "29.5 KiB");
  EXPECT_EQ(kib(1536), "1536 KiB");
  EXPECT_EQ(kib(4096), "4 MiB");
  EXPECT_EQ(kib(999.6), "0.976 MiB");
  EXPECT_EQ(size_text((std::uint64_t{64} << 20) + 4096), "64 MiB");
  EXPECT_EQ(size_text(std::uint64_t{1} << 63), "8 EiB");
  EXPECT_EQ(size_text(~std::uint64_t{0}), "16 EiB");
}

TEST(OptionValues, AtTheirLimits) {
  EXPECT_EQ(parse_bytes("16GiB"), std::uint64_t{16} << 30);
  EXPECT_FALSE(parse_bytes("99999999999GiB"));
  EXPECT_FALSE(parse_bytes("-1"));
  EXPECT_FALSE(parse_bytes("1TiB"));
  EXPECT_FALSE(parse_bytes(""));
  EXPECT_EQ(parse_duration("500ms"), std::chrono::milliseconds(500));
  EXPECT_FALSE(parse_duration("1e99"));
  EXPECT_FALSE(parse_duration("nan"));
  EXPECT_FALSE(parse_duration("5 parsecs"));
  EXPECT_FALSE(parse_ports("70000"));
  EXPECT_EQ(algorithm_of_nccl("Ring,Tree"), "auto");
  EXPECT_EQ(algorithm_of_nccl("^Ring"), "auto");
  EXPECT_EQ(algorithm_of_nccl("Tree"), "two-tree");
}

TEST(Log, ALineSaysWhenWhereWhoAndWhat) {
  const std::string line = log_line(LogLevel::info, 3, "one\ntwo", 1'700'000'000'000'042);
  EXPECT_THAT(line, testing::StartsWith("2023-11-14T22:13:20.000042Z "));
  EXPECT_THAT(line, testing::EndsWith(" rank 3 info: one two"));
  EXPECT_EQ(log_path("a%%b%x"), "a%b%x");
}

}  // namespace
}  // namespace treering
