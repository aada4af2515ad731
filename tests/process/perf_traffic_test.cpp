// Traffic files: what they say, what is refused, and that the committed ones are those that generate.py writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "perf/tool/traffic.hpp"

namespace treering::perf {
namespace {

using testing::HasSubstr;

const std::filesystem::path folder = std::filesystem::path(TREERING_SOURCE_DIR) / "perf/traffic";

TEST(PerfTraffic, ReadsCollectives) {
  const auto traffic =
      parse_traffic("# a step\n\nall_reduce float32 100 max  # first\nall_gather bfloat16 10/ranks\n", 4, "x");
  ASSERT_TRUE(traffic) << traffic.error().message;
  ASSERT_EQ(2U, traffic->size());
  EXPECT_EQ(Kind::all_reduce, (*traffic)[0].kind);
  EXPECT_EQ(Op::max, (*traffic)[0].op);
  EXPECT_EQ(100U, (*traffic)[0].extent.count);
  EXPECT_EQ(3U, (*traffic)[1].extent.count);
  EXPECT_EQ(24U, (*traffic)[1].extent.bytes);
}

TEST(PerfTraffic, RefusesByLineWithASuggestion) {
  const auto said = [](const char* text) {
    const auto traffic = parse_traffic(text, 4, "step.txt");
    return traffic ? std::string() : traffic.error().message;
  };
  EXPECT_THAT(said("# x\nall_reduc float32 8"), HasSubstr("step.txt, line 2: no collective `all_reduc`"));
  EXPECT_THAT(said("all_reduce flot32 8"), HasSubstr("did you mean"));
  EXPECT_THAT(said("all_reduce float 8 summ"), HasSubstr("did you mean `sum`?"));
  EXPECT_THAT(said("all_gather float 8 sum"), HasSubstr("leave `sum` out"));
  EXPECT_THAT(said("all_reduce float"), HasSubstr("2 words"));
  for (const char* count : {"-1", "8x", "99999999999999999999", "/ranks", "8/rank"}) {
    EXPECT_THAT(said(("all_reduce float " + std::string(count)).c_str()), HasSubstr("is no count"));
  }
  EXPECT_THAT(said("# nothing\n"), HasSubstr("holds no collective"));
  EXPECT_FALSE(read_traffic("/nonexistent", 2));
}

TEST(PerfTraffic, DataParallelGradientsAreAllParameters) {
  for (const auto& [file, parameters] : {std::pair("gpt2-124m-data.txt", std::uint64_t{124'439'808}),
                                         std::pair("llama3-8b-data.txt", std::uint64_t{8'030'261'248})}) {
    const auto traffic = read_traffic(folder / file, 4);
    ASSERT_TRUE(traffic) << traffic.error().message;
    std::uint64_t sum = 0;
    for (const Traffic& call : *traffic) sum += call.extent.count;
    EXPECT_EQ(parameters, sum) << file;
  }
}

TEST(PerfTraffic, CommittedFilesAreWhatTheGeneratorWrites) {
  if (std::system("python3 -c '' 2>/dev/null") != 0)
    GTEST_SKIP() << "SKIPPED: there is no python3 to run generate.py with";
  const auto copy = std::filesystem::temp_directory_path() / ("traffic-" + std::to_string(getpid()));
  std::filesystem::create_directory(copy);
  std::filesystem::copy_file(folder / "generate.py", copy / "generate.py");
  ASSERT_EQ(0, std::system(("python3 " + (copy / "generate.py").string()).c_str()));
  const auto read = [](const std::filesystem::path& path) {
    std::ifstream stream(path);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(copy)) {
    if (entry.path().extension() != ".txt") continue;
    EXPECT_EQ(read(folder / entry.path().filename()), read(entry.path())) << "run perf/traffic/generate.py";
    ++files;
  }
  EXPECT_EQ(6, files);
  std::filesystem::remove_all(copy);
}

}  // namespace
}  // namespace treering::perf
