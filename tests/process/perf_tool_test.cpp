// treering-perf as people run it: every collective over every transport, what it prints and writes, and how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "support/tool_test.hpp"

namespace {

using testing::HasSubstr;
using testing::Not;

using treering::test::Ran;
using treering::test::read;

class PerfTool : public treering::test::ToolTest {
 protected:
  Ran run(const std::string& arguments) const { return run_shell(std::string(TREERING_PERF) + " " + arguments); }
};

constexpr const char* collectives[] = {"all_reduce", "broadcast", "reduce",  "all_gather", "reduce_scatter",
                                       "scan",       "exscan",    "barrier", "sendrecv"};

struct Start {
  const char* name;
  const char* flags;
};

class PerfToolEverywhere : public PerfTool, public testing::WithParamInterface<std::tuple<const char*, Start>> {};

TEST_P(PerfToolEverywhere, IsChecked) {
  const auto& [collective, start] = GetParam();
  const Ran ran = run(std::string(collective) + " -b 4 -e 256K -f 16 -n 2 -w 0 -r all " + start.flags);
  EXPECT_EQ(0, ran.status) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("# Out of bounds values : 0 OK"));
  EXPECT_THAT(ran.out, Not(HasSubstr("N/A")));
}

INSTANTIATE_TEST_SUITE_P(
    All, PerfToolEverywhere,
    testing::Combine(testing::ValuesIn(collectives),
                     testing::Values(Start{"shm2", "--np 2 --transport shm"}, Start{"shm3", "--np 3 --transport shm"},
                                     Start{"shm4", "--np 4 --transport shm"}, Start{"tcp2", "--np 2 --transport tcp"},
                                     Start{"tcp3", "--np 3 --transport tcp"}, Start{"tcp4", "--np 4 --transport tcp"},
                                     Start{"loopback3", "-t 3 --transport loopback"}, Start{"mixed4", "--np 2 -t 2"},
                                     Start{"alone", ""})),
    [](const auto& of) { return std::string(std::get<0>(of.param)) + "_" + std::get<1>(of.param).name; });

TEST_F(PerfTool, EveryTypeAndOperator) {
  const Ran ran = run("all_reduce -b 1K -e 1K -n 1 -w 0 -d all -o all -t 3");
  EXPECT_EQ(0, ran.status) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("# Out of bounds values : 0 OK"));
}

TEST_F(PerfTool, FlagsThatChangeTheLoop) {
  for (const char* flags : {"-m 4", "-z 1", "-z 3", "-N 2", "-R 1", "-u 3", "-C 1", "-S 1", "-M 1", "-a 0", "-a 3",
                            "-T 60", "-c 3", "-G 1"}) {
    const Ran ran = run(std::string("all_reduce -b 1000 -e 64K -f 8 -n 2 -t 2 ") + flags);
    EXPECT_EQ(0, ran.status) << flags << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("# Out of bounds values : 0 OK")) << flags;
  }
}

TEST_F(PerfTool, WritesJsonAndCsv) {
  const Ran ran =
      run("reduce_scatter -b 8 -e 64K -f 8 -n 2 --np 2 --json " + path("a.json") + " --csv " + path("a.csv"));
  ASSERT_EQ(0, ran.status) << ran.out << ran.err;
  const auto json = nlohmann::json::parse(read(path("a.json")));
  EXPECT_EQ(5U, json.at("results").size());
  EXPECT_EQ(2U, json.at("devices").size());
  EXPECT_EQ(0, json.at("out_of_bounds").at("count"));
  for (const auto& result : json.at("results")) {
    EXPECT_GT(result.at("in_place").at("time"), 0);
    EXPECT_LE(result.at("out_of_place").at("min"), result.at("out_of_place").at("p99"));
  }
  const std::string csv = read(path("a.csv"));
  EXPECT_EQ(11, std::count(csv.begin(), csv.end(), '\n'));
}

TEST_F(PerfTool, RunsTheAlgorithmsThatAreNamed) {
  for (const char* run_by :
       {"all_reduce --algorithm ring", "all_reduce --algorithm two-tree", "scan --algorithm two-tree",
        "exscan --algorithm two-tree", "barrier --algorithm dissemination"}) {
    const Ran ran = run(std::string(run_by) + " -b 8 -e 64K -f 64 -n 1 -t 3");
    EXPECT_EQ(0, ran.status) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("# Out of bounds values : 0 OK"));
  }
  const Ran wrong = run("all_reduce --algorithm rong -t 2");
  EXPECT_EQ(2, wrong.status);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"ring\"?"));
}

TEST_F(PerfTool, UncheckedSaysSo) {
  EXPECT_THAT(run("all_reduce -b 8 -e 8 -c 0 -t 2").out, HasSubstr("N/A"));
}

TEST_F(PerfTool, MeasuresAndStoresConstantsThatRunsThenUse) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "SKIPPED: this needs two cores";
  const std::string cache = "env -u TREERING_CONSTANTS XDG_CACHE_HOME=" + path("cache") + " TREERING_LOG=info ";
  const Ran measured = run_shell(cache + TREERING_PERF + " constants");
  ASSERT_EQ(0, measured.status) << measured.out << measured.err;
  EXPECT_THAT(measured.out, HasSubstr("# stored in " + path("cache") + "/treering/"));
  EXPECT_THAT(run_shell(cache + TREERING_PERF + " all_reduce -b 8 -e 8 -n 1 -t 2").err,
              HasSubstr("prices            as measured: shared memory "));
  EXPECT_THAT(run_shell("TREERING_CONSTANTS=none TREERING_LOG=info " + std::string(TREERING_PERF) +
                        " all_reduce -b 8 -e 8 -n 1 -t 2")
                  .err,
              HasSubstr("prices            by the defaults"));
}

TEST_F(PerfTool, RefusesWithStatus2) {
  for (const char* wrong : {"all_reduse", "all_reduce --maxbyte 8", "all_reduce -d flaot", "broadcast -r 7 -t 2",
                            "replay /nonexistent", "all_reduce -b 8 -e 8 --json /nonexistent/a.json"}) {
    const Ran ran = run(wrong);
    EXPECT_EQ(2, ran.status) << wrong;
    EXPECT_THAT(ran.err, HasSubstr("treering-perf: ")) << wrong;
  }
  EXPECT_THAT(run("all_reduse").err, HasSubstr("did you mean `all_reduce`?"));
}

TEST_F(PerfTool, TheBandwidthGateFails) {
  const Ran ran = run_shell("NCCL_TESTS_MIN_BW=1e9 " TREERING_PERF " all_reduce -b 8 -e 8 -t 2");
  EXPECT_EQ(1, ran.status);
  EXPECT_THAT(ran.out, HasSubstr("FAILED"));
}

TEST_F(PerfTool, ReplaysATrainingStep) {
  std::ofstream(path("step.txt"))
      << "# a small step\nall_reduce float32 5000 # a\nall_reduce float32 5000\nall_gather bfloat16 1001/ranks\n"
         "reduce_scatter float32 1001/ranks avg\nbroadcast int8 77\nsendrecv int8 9\n";
  for (const char* start : {"--np 4 --transport shm", "--np 4 --transport tcp", "-t 4"}) {
    const Ran ran = run("replay " + path("step.txt") + " --json " + path("r.json") + " " + start);
    EXPECT_EQ(0, ran.status) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("# Out of bounds values : 0 OK"));
    EXPECT_THAT(ran.out, HasSubstr("6 collectives"));
    EXPECT_EQ(5U, nlohmann::json::parse(read(path("r.json"))).at("results").size());
  }
}

TEST_F(PerfTool, AKilledRankEndsTheJobWithAnError) {
  for (const char* transport : {"shm", "tcp"}) {
    const pid_t tool = fork();
    if (tool == 0) {
      if (!std::freopen(path("out").c_str(), "w", stdout) || !std::freopen(path("err").c_str(), "w", stderr)) _exit(98);
      execl(TREERING_PERF, "treering-perf", "all_reduce", "-b", "1M", "-e", "1M", "-N", "0", "--np", "3", "--transport",
            transport, nullptr);
      _exit(99);
    }
    std::string line;
    for (int tries = 0; tries < 600 && line.empty(); ++tries) {  // until it measures
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const std::string out = read(path("out"));
      const auto at = out.find("Rank  1 Pid ");
      if (at != std::string::npos && out.find("#wrong") != std::string::npos) line = out.substr(at + 12);
    }
    ASSERT_FALSE(line.empty()) << read(path("out")) << read(path("err"));
    kill(static_cast<pid_t>(std::stol(line)), SIGKILL);
    const auto begin = std::chrono::steady_clock::now();
    int status = 0;
    ASSERT_EQ(tool, waitpid(tool, &status, 0));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_NE(0, WEXITSTATUS(status));
    EXPECT_THAT(read(path("err")), HasSubstr("killed by signal 9"));
    EXPECT_THAT(read(path("err")), HasSubstr("rank 0 (pid "));
  }
}

class PerfToolUnderMpi : public PerfTool, public testing::WithParamInterface<Start> {};

TEST_P(PerfToolUnderMpi, Joins) {
  const std::string launcher = GetParam().flags;
  if (std::system(("command -v " + std::string(GetParam().name) + " >/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "SKIPPED: there is no " << GetParam().name << " on this machine";
  }
  const Ran ran = run_shell(launcher + " " TREERING_PERF " all_reduce -b 8 -e 64K -f 8 -n 2");
  EXPECT_EQ(0, ran.status) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(" 2 ranks"));
  EXPECT_THAT(ran.out, HasSubstr("# Out of bounds values : 0 OK"));
}

INSTANTIATE_TEST_SUITE_P(
    Launchers, PerfToolUnderMpi,
    testing::Values(Start{"mpirun.openmpi",
                          "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun.openmpi "
                          "--oversubscribe -n 2"},
                    Start{"mpiexec.mpich", "mpiexec.mpich -n 2"}),
    [](const auto& of) {
      std::string name = of.param.name;
      name[name.find('.')] = '_';
      return name;
    });

}  // namespace
