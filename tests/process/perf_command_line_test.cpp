// What treering-perf understands, and what it says where it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "perf/tool/command_line.hpp"
#include "perf/tool/sizes.hpp"

namespace treering::perf {
namespace {

using testing::HasSubstr;

CommandLine parse(std::vector<const char*> words) {
  words.insert(words.begin(), "treering-perf");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

TEST(PerfCommandLine, UnderstandsTheFlagsOfNcclTests) {
  const CommandLine line =
      parse({"all_reduce", "-b",  "8",  "-e",  "8G", "-f",  "2",  "-n", "7",  "-w", "3",      "-m", "4",  "-N", "2",
             "-o",         "all", "-d", "all", "-r", "all", "-c", "2",  "-a", "3",  "-z",     "1",  "-G", "0",  "-R",
             "1",          "-u",  "1",  "-T",  "9",  "-S",  "1",  "-M", "1",  "-J", "x.json", "-t", "2",  "-g", "3"});
  ASSERT_TRUE(line.settings) << line.text;
  const Settings& settings = *line.settings;
  EXPECT_EQ(8U, settings.sweep.first_bytes);
  EXPECT_EQ(std::uint64_t{8} << 30, settings.sweep.last_bytes);
  EXPECT_EQ(31U, settings.sweep.sizes().size());
  EXPECT_EQ(12U, settings.types.size());
  EXPECT_EQ(6U, settings.ops.size());
  EXPECT_FALSE(settings.root.has_value());
  EXPECT_EQ(7U, settings.iterations);
  EXPECT_EQ(3U, settings.warmup);
  EXPECT_EQ(4U, settings.aggregate);
  EXPECT_EQ(2U, settings.cycles);
  EXPECT_EQ(2U, settings.checks);
  EXPECT_EQ(Average::slowest, settings.average);
  EXPECT_EQ(6, settings.ranks_per_process());
  EXPECT_EQ("x.json", settings.json_file);
}

TEST(PerfCommandLine, LongNamesAndValuesAfterEquals) {
  const CommandLine line =
      parse({"scan", "--minbytes=1K", "--maxbytes=1M", "--stepfactor=4", "--datatype=float16", "--op=max"});
  ASSERT_TRUE(line.settings) << line.text;
  EXPECT_EQ(Kind::scan, line.settings->kind);
  EXPECT_EQ(std::vector{DataType::float16}, line.settings->types);
  EXPECT_EQ((std::vector<std::uint64_t>{1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20}),
            line.settings->sweep.sizes());
}

struct Wrong {
  std::vector<const char*> words;
  const char* said;
};

TEST(PerfCommandLine, MistakesGetStatus2AndASuggestion) {
  const std::vector<Wrong> all = {
      {{"all_reduse"}, "did you mean `all_reduce`?"},
      {{}, "no collective"},
      {{"all_reduce", "-d", "flaot"}, "did you mean `float`?"},
      {{"all_reduce", "-o", "summ"}, "did you mean `sum`?"},
      {{"all_reduce", "--maxbyte", "8"}, "did you mean `--maxbytes`?"},
      {{"all_reduce", "-Q", "8"}, "no flag `-Q`"},
      {{"all_reduce", "-b", "8X"}, "-b 8X is no size"},
      {{"all_reduce", "-b", "8M", "-e", "4M"}, "exchange them"},
      {{"all_reduce", "-b", "8", "-e", "16", "-i", "0"}, "never ends"},
      {{"all_reduce", "-n", "0"}, "--iters"},
      {{"all_reduce", "--np", "0"}, "--np"},
      {{"all_reduce", "--transport", "tpc"}, "did you mean `tcp`?"},
      {{"all_reduce", "--transport", "loopback", "--np", "2"}, "use -t"},
      {{"all_reduce", "-r", "-5"}, "is no rank"},
      {{"all_reduce", "a.txt"}, "one word too many"},
      {{"replay"}, "replay needs a file"},
  };
  for (const Wrong& wrong : all) {
    const CommandLine line = parse(wrong.words);
    EXPECT_FALSE(line.settings);
    EXPECT_EQ(2, line.status) << line.text;
    EXPECT_THAT(line.text, HasSubstr(wrong.said));
  }
}

TEST(PerfCommandLine, HelpAndVersionAreNoMistakes) {
  const CommandLine help = parse({"--help"});
  EXPECT_EQ(0, help.status);
  for (const char* said : {"--np", "reduce_scatter", "busbw", "Exit status", "--stepfactor"})
    EXPECT_THAT(help.text, HasSubstr(said));
  const CommandLine version = parse({"--version"});
  EXPECT_EQ(0, version.status);
  EXPECT_THAT(version.text, HasSubstr("treering-perf "));
}

TEST(PerfCommandLine, AnAlgorithmIsForTheCollectiveThatIsMeasured) {
  EXPECT_EQ("all-reduce:ring", algorithm_option(*parse({"all_reduce", "--algorithm", "ring"}).settings));
  EXPECT_EQ("exclusive-scan:two-tree", algorithm_option(*parse({"exscan", "--algorithm", "two-tree"}).settings));
  EXPECT_EQ("scan:ring,all-reduce:ring",
            algorithm_option(*parse({"scan", "--algorithm", "scan:ring,all-reduce:ring"}).settings));
  EXPECT_EQ("ring", algorithm_option(*parse({"replay", "x", "--algorithm", "ring"}).settings));
  EXPECT_EQ(2, parse({"sendrecv", "--algorithm", "ring"}).status);
}

TEST(PerfSizes, ReadsUnits) {
  EXPECT_EQ(8U, parse_bytes("8"));
  EXPECT_EQ(65536U, parse_bytes("64K"));
  EXPECT_EQ(1536U, parse_bytes("1.5k"));
  EXPECT_EQ(std::uint64_t{3} << 30, parse_bytes("3GiB"));
  for (const char* wrong : {"", "M", "8X", "-1", "8MM", "nan", "1e30", "8 M"})
    EXPECT_FALSE(parse_bytes(wrong)) << wrong;
}

TEST(PerfSizes, BytesAreTheLargerBuffer) {
  const Extent gathered = extent(Kind::all_gather, 1024, DataType::float32, 4);
  EXPECT_EQ(64U, gathered.count);
  EXPECT_EQ(64U, gathered.send);
  EXPECT_EQ(256U, gathered.recv);
  EXPECT_EQ(1024U, gathered.bytes);
  const Extent scattered = extent(Kind::reduce_scatter, 1000, DataType::float64, 3);
  EXPECT_EQ(41U, scattered.count);
  EXPECT_EQ(123U, scattered.send);
  EXPECT_EQ(984U, scattered.bytes);
  EXPECT_EQ(0U, extent(Kind::barrier, 1024, DataType::float32, 4).bytes);
}

TEST(PerfSizes, BusFactors) {
  EXPECT_DOUBLE_EQ(1.5, bus_factor(Kind::all_reduce, 4));
  EXPECT_DOUBLE_EQ(0.75, bus_factor(Kind::all_gather, 4));
  EXPECT_DOUBLE_EQ(0.75, bus_factor(Kind::reduce_scatter, 4));
  for (const Kind kind : {Kind::broadcast, Kind::reduce, Kind::sendrecv, Kind::scan, Kind::exscan})
    EXPECT_DOUBLE_EQ(1, bus_factor(kind, 4));
  EXPECT_DOUBLE_EQ(0, bus_factor(Kind::barrier, 4));
}

}  // namespace
}  // namespace treering::perf
