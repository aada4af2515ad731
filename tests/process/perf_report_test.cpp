// The lines that people's scripts read, and the files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "perf/tool/report.hpp"
#include "perf/tool/statistics.hpp"

namespace treering::perf {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Line sample_line() {
  Line line;
  line.extent = {262144, 262144, 262144, 1048576};
  line.op = Op::sum;
  line.out_of_place = Measured{123.456, 8.49, 12.74, 0, statistics_of({120, 123, 130}), {121, 125}, 20};
  line.in_place = {12345678, 0.0849, 123456, 3, statistics_of({1, 2}), {1, 2}, 20};
  return line;
}

TEST(PerfReport, LinesHaveTheWidthsOfNcclTests) {
  EXPECT_EQ(
      "     1048576        262144     float     sum      -1   123.46    8.49   12.74       0  1.2e+07    0.08  123456  "
      "     3\n",
      line_text(sample_line(), Settings{}));
}

TEST(PerfReport, UncheckedIsNotApplicable) {
  Line line = sample_line();
  line.out_of_place->wrong.reset();
  EXPECT_THAT(line_text(line, Settings{}), HasSubstr("12.74     N/A"));
}

TEST(PerfReport, TheFooterCountsAndAverages) {
  const std::string text = footer_text(Settings{}, {sample_line()});
  EXPECT_THAT(text, HasSubstr("# Out of bounds values : 1 FAILED"));
  EXPECT_THAT(text, HasSubstr("# Avg bus bandwidth    : 61734.4"));
  Line good = sample_line();
  good.in_place.wrong = 0;
  EXPECT_THAT(footer_text(Settings{}, {good}), HasSubstr("# Out of bounds values : 0 OK"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_THAT(line, StartsWith("#"));
}

TEST(PerfReport, TheBandwidthGateLeavesATenth) {
  setenv("NCCL_TESTS_MIN_BW", "10", 1);
  EXPECT_TRUE(is_too_slow(8.9, minimum_bus_bw()));
  EXPECT_FALSE(is_too_slow(9.1, minimum_bus_bw()));
  unsetenv("NCCL_TESTS_MIN_BW");
  EXPECT_FALSE(is_too_slow(0, minimum_bus_bw()));
}

TEST(PerfReport, JsonHasThePromisedNames) {
  Report report;
  report.args = {"treering-perf", "all_reduce"};
  report.environment = {"A=\"\\\n\xff"};
  report.job.members = {{0, 10, 0, "h"}, {1, 11, 0, "h"}};
  report.lines = {sample_line()};
  const auto json = nlohmann::json::parse(json_text(Settings{}, report));
  for (const char* name : {"version", "start_time", "end_time", "args", "env", "config", "devices", "results",
                           "out_of_bounds", "average_bus_bandwidth"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  const auto& result = json.at("results").at(0);
  for (const char* name : {"size", "count", "type", "redop", "root"}) EXPECT_TRUE(result.contains(name)) << name;
  for (const char* place : {"out_of_place", "in_place"}) {
    for (const char* name : {"time", "alg_bw", "bus_bw", "nwrong", "min", "avg", "p50", "p95", "p99", "stdev"}) {
      EXPECT_TRUE(result.at(place).contains(name)) << name;
    }
  }
  EXPECT_EQ(3, result.at("in_place").at("nwrong"));
  EXPECT_EQ("false", json.at("out_of_bounds").at("okay"));
  EXPECT_EQ(2U, json.at("devices").size());
}

TEST(PerfReport, CsvHasARowForEachPlace) {
  std::istringstream csv(csv_text({sample_line()}));
  std::vector<std::string> rows;
  for (std::string row; std::getline(csv, row);) rows.push_back(row);
  ASSERT_EQ(3U, rows.size());
  for (const std::string& row : rows)
    EXPECT_EQ(std::count(rows[0].begin(), rows[0].end(), ','), std::count(row.begin(), row.end(), ','));
  EXPECT_THAT(rows[1], StartsWith("1048576,262144,float,sum,-1,out_of_place,123.456,8.49,12.74,0,"));
}

TEST(PerfStatistics, OfKnownSamples) {
  const Statistics s = statistics_of({4, 1, 3, 2, 5});
  EXPECT_DOUBLE_EQ(1, s.min);
  EXPECT_DOUBLE_EQ(3, s.avg);
  EXPECT_DOUBLE_EQ(3, s.p50);
  EXPECT_DOUBLE_EQ(4.8, s.p95);
  EXPECT_DOUBLE_EQ(5, s.max);
  EXPECT_NEAR(1.5811, s.stdev, 1e-4);
  EXPECT_DOUBLE_EQ(0, statistics_of({}).avg);
  EXPECT_DOUBLE_EQ(0, statistics_of({7}).stdev);
}

}  // namespace
}  // namespace treering::perf
