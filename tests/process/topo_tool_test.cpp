// treering-topo as people run it: its views, how it ends, and that its help and its manual page agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tools/topo/input.hpp"
#include "topo_samples.hpp"
#include "topo_tool.hpp"

namespace treering::topo {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using test::Ran;
using test::read;

TEST_F(TopoTool, MeasuresThisHostAndNoOther) {
#ifdef TREERING_TOPO_DISCOVERS
  const Ran ran = run("--measure --format json");
  EXPECT_EQ(0, ran.status) << ran.err;
  EXPECT_THAT(ran.out, ContainsRegex("\"type\":\"memory\",\"measured\":\\{\"forward_gbs\":"));
#endif
  for (const char* input : {"--input 'torus 3x3'", "--merge a b", "--diff a b"})
    EXPECT_THAT(run(std::string("--measure ") + input).err, HasSubstr("--measure with an input")) << input;
}

TEST_F(TopoTool, PlanGivesOptimumAndBusBandwidth) {
  const Ran ran = run("--input 'torus 4x4 25GB/s' --plan");
  EXPECT_EQ(0, ran.status) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("16 ranks (each host is one)"));
  EXPECT_THAT(ran.out, ContainsRegex("all-reduce +53.33 GB/s +100 GB/s  "));
  EXPECT_THAT(ran.out, ContainsRegex("all-gather +106.7 GB/s +100 GB/s  "));
  EXPECT_THAT(ran.out, ContainsRegex("broadcast +100 GB/s +100 GB/s  "));
  EXPECT_THAT(ran.out, Not(HasSubstr("not proven")));
}

TEST_F(TopoTool, PlanKnowsCollectivesHoweverTheyAreSpelled) {
  const std::string plan = run("-i '2 hosts 10GB/s' --plan all-reduce").out;
  EXPECT_THAT(plan, HasSubstr("limited by"));
  for (const char* name : {"allreduce", "all_reduce"})
    EXPECT_EQ(plan, run("-i '2 hosts 10GB/s' --plan " + std::string(name)).out);
  for (const char* name : {"allgather", "reducescatter", "reduce_scatter"})
    EXPECT_EQ(0, run("-i '2 hosts 10GB/s' --plan " + std::string(name)).status) << name;
}

TEST_F(TopoTool, SaysWhatMeasuringThisHostTells) {
#ifndef TREERING_TOPO_DISCOVERS
  GTEST_SKIP() << "SKIPPED: built without hwloc (Debian: libhwloc-dev)";
#endif
  const Ran ran = run("--measure");
  EXPECT_EQ(0, ran.status) << ran.err;
  EXPECT_THAT(ran.out, ContainsRegex(
                           "\n[^\n]*/numa0 by [0-9]+ cores?, each alone: [^\n]* GB/s read / [^\n]* written .measured"));
  const Ran plan = run("--plan all-reduce");
  if (plan.status == 0) GTEST_SKIP() << "SKIPPED: what limits a plan on this host is declared";
  EXPECT_THAT(plan.err, ContainsRegex("; add --measure to find out\n$"));
  EXPECT_THAT(run("-i 'torus 3x3' --plan").err, Not(HasSubstr("--measure")));
}

TEST_F(TopoTool, PlanPredictsTimes) {
  const Ran ran = run("--input '2 hosts 10GB/s 3us' --plan broadcast --size 10k,1M");
  EXPECT_EQ(0, ran.status) << ran.err;
  // Two overheads of 0.25 us, the latency, and 10,240 bytes at 10 GB/s; 15 more slices than the first of 1 MiB.
  EXPECT_THAT(ran.out, ContainsRegex("broadcast +10 KiB +(direct|binomial) +1 +4.52 us +2.263 GB/s +22.6 % +host0 to "
                                     "network .23 %.\n"));
  EXPECT_THAT(ran.out, ContainsRegex("broadcast +1 MiB +[a-z-]+ +[12] +108 us +9.6[0-9]+ GB/s +96.[0-9] % "));
  EXPECT_THAT(ran.out, Not(HasSubstr("assumed")));
  EXPECT_THAT(run("--input '2 hosts 10GB/s' --plan").out,
              HasSubstr("Latencies that nobody says are assumed: 0.5 us for 2 network links."));
  EXPECT_THAT(run("--input '300 hosts 10GB/s 3us' --plan all-gather --size 1K").out,
              ContainsRegex("all-gather +1 KiB +ring [^\n]*\n(.*\n)*Left out, since it takes more than 38400 messages: "
                            "direct all-gather"));
}

TEST_F(TopoTool, PlanSaysWhatItAssumesAndRefusesToGuess) {
  const Ran some = run("--input '2 hosts x (8 gpu nvswitch 450GB/s, 8 nic 50GB/s)' --plan all-gather");
  EXPECT_THAT(some.out, HasSubstr("48 links of unknown bandwidth (the first: pcie link host0/numa0 - host0/pci0)"));
  EXPECT_THAT(some.out, ContainsRegex("all-gather +800 GB/s [*] +750 GB/s +NICs of host0: 8 links, 400 GB/s in all"));
  const Ran all = run("--input 'torus 4x4' --plan");
  EXPECT_EQ(2, all.status);
  EXPECT_THAT(all.err, HasSubstr("host0 - host4"));
}

TEST_F(TopoTool, ShowsTheMatrixUnlessToldOtherwise) {
  const std::string input = "--input '1 host x (2 gpu nvswitch 450GB/s, 1 nic 50GB/s pcie5)'";
  EXPECT_THAT(run(input).out, HasSubstr("gpu0  X       NV 450  PIX 63  numa0  nic0\n"));
  EXPECT_EQ(run(input).out, run(input + " --format matrix").out);
  EXPECT_THAT(run(input + " -f tree").out, HasSubstr("      nic0 (NIC)\n        - host0/pci0: pcie x16, 63.02 GB/s\n"));
  EXPECT_THAT(run(input + " -f dot").out,
              HasSubstr("\"host0/gpu1\" -- \"host0/nvswitch\" [label=\"450\", penwidth=5.41]"));
  EXPECT_THAT(run(input + " -f svg").out, StartsWith("<svg "));
}

TEST_F(TopoTool, JsonIsWhatItReadsAgain) {
  const std::string host = file("host.json", every_way());
  const Ran ran = run("-i " + host + " -f json");
  EXPECT_EQ(0, ran.status);
  EXPECT_EQ(read(host), ran.out);
  EXPECT_EQ(ran.out, run("-i - -f json", "cat " + host + " | ").out);
}

TEST_F(TopoTool, AFileCountsMoreThanWhatItsNameDescribes) {
  file("torus 3x3", typed("5 hosts"));
  EXPECT_THAT(run("-i 'torus 3x3'", "cd " + folder_.string() + " && ").out, StartsWith("5 hosts"));
  EXPECT_THAT(run("-i 'torus 3x3'").out, StartsWith("9 hosts"));
}

TEST_F(TopoTool, MergesAndRedactsToJson) {
  TopologyBuilder builder;
  builder.add(Node{.kind = NodeKind::host, .name = "secret1", .identity = "secret2"});
  const std::string other = file("other.json", built(std::move(builder)));
  const Ran ran = run("--merge '2 hosts' " + other + " --redact");
  EXPECT_EQ(0, ran.status) << ran.err;
  const auto cluster = topology_from_text(ran.out, "out");
  ASSERT_TRUE(cluster) << cluster.error().message;
  EXPECT_EQ(4u, cluster->nodes().size());
  EXPECT_THAT(ran.out, Not(HasSubstr("secret")));
  EXPECT_THAT(run("--merge '2 hosts' " + other + " --check").out, HasSubstr("secret1 does not reach 2 of the 3"));
}

TEST_F(TopoTool, DiffEndsAsDiffDoes) {
  const Ran same = run("--diff 'torus 2x2' 'torus 2x2'");
  EXPECT_EQ(0, same.status);
  EXPECT_EQ("", same.out);
  const Ran other = run("--diff 'torus 2x2' 'torus 2x2 5GB/s'");
  EXPECT_EQ(1, other.status);
  EXPECT_THAT(other.out,
              HasSubstr("+ {\"from\":\"host0\",\"to\":\"host1\",\"type\":\"network\",\"declared\":{\"gbs\":5}}"));
}

TEST_F(TopoTool, ExplainsAWay) {
  const Ran ran = run("-i '4 hosts 10GB/s' --explain host1 host3");
  EXPECT_EQ(0, ran.status) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("host1 to host3: NET, 10 GB/s, 2 hops\n"));
}

TEST_F(TopoTool, ReadsWhatOtherProgramsWrite) {
  const std::vector<std::pair<const char*, const char*>> all = {
      {R"(<system version="1">
  <cpu numaid="0" affinity="ffff" arch="x86_64" vendor="GenuineIntel" familyid="6" modelid="85">
    <pci busid="0000:3b:00.0" class="0x030200" link_speed="16.0 GT/s PCIe" link_width="16">
      <gpu dev="0" sm="80" rank="0" gdr="1"/>
    </pci>
  </cpu>
</system>
)",
       "\"kind\":\"gpu\""},
      {R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0">
  <object type="Machine" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1">
    <object type="NUMANode" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1"
            local_memory="1024"/>
    <object type="Core" os_index="0" cpuset="0x1" complete_cpuset="0x1" nodeset="0x1" complete_nodeset="0x1"/>
  </object>
</topology>
)",
       "\"kind\":\"core\""},
      {R"(SW   1  1 0x0002c902004048c0 4x QDR - CA   2  1 0x0002c9030006dc59 ( 'switch' - 'node7 HCA-1' )
)",
       "\"name\":\"node7\""},
  };
  for (const auto& [text, said] : all) {
    std::ofstream(path("input")) << text;
    const Ran ran = run("-i " + path("input") + " -f json");
    EXPECT_EQ(0, ran.status) << ran.err << text;
    EXPECT_THAT(ran.out, HasSubstr(said)) << text;
  }
}

TEST_F(TopoTool, LooksAtThisHostIfNothingIsSaid) {
  const Ran ran = run("-f json");
#ifdef TREERING_TOPO_DISCOVERS
  EXPECT_EQ(0, ran.status) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("\"kind\":\"host\""));
#else
  EXPECT_EQ(2, ran.status);
  EXPECT_THAT(ran.err, HasSubstr("install libhwloc-dev"));
#endif
}

TEST_F(TopoTool, MistakesGetStatus2AndWhatToDo) {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"-i ''", "'': no such file, and no description of a topology: "},
      {"-i 'torus 3x3' --plan all-reduse", "no bound for `all-reduse`"},
      {"-i 'torus 3x3' --plan --check", "several views"},
      {"-i 'torus 3x3' --check -f dot", "--format with another view"},
      {"-i '5000 hosts' -f svg", "no picture of 5001 nodes"},
      {"-i 'torus 3x3' -f svgg", "no format `svgg`"},
      {"-i 'torus 3x3' --merge 'torus 3x3'", "several of --input, --merge, --fabric and --diff"},
      {"-i 'torus 3x3' --fabric", "several of --input, --merge, --fabric and --diff"},
      {"--fabric mlx5_0 --measure", "--measure with an input"},
      {"--fabric mlx5_0:one", "no adapter and port `mlx5_0:one`"},
      {"--fabric mlx5_0:0", "no adapter and port `mlx5_0:0`"},
      {"--fabric mlx5_0:255", "no adapter and port `mlx5_0:255`"},
      {"--fabric :1", "no adapter and port `:1`"},
      {"--fabric --job 4711", "a job is no topology"},
      {"-i 'torus 3x3' --explain host0", "--explain"},
      {"-i 'torus 3x3' --size 1K", "--size without --plan"},
      {"-i 'torus 3x3 1GB/s' --plan --size 1K,many", "no size `many`"},
      {"-i 'torus 3x3 1GB/s' --plan --size ,", "--size names no size"},
      {"-i 'torus 3x3' --explain host0 host77", "'host77' is no node"},
      {"--diff 'torus 3x3'", "--diff"},
      {"--diff 'torus 3x3' nowhere.json", "nowhere.json cannot be read"},
      {"--merge 'torus 3x3' nowhere.json", "nowhere.json cannot be read"},
      {"-i 'torus 3x3' --job 4711", "a job is no topology"},
      {"--job", "--job"},
      {"-i 'torus 3x3' what", "what is `what`?"},
      {"cluster.json",
       "what is `cluster.json`? (neither a flag nor the value of one) did you mean --input cluster.json?"},
      {"'torus 3x3'", "did you mean --input 'torus 3x3'?"},
      {"-i " + file("nothing.json", Topology()), "there are no nodes in "},
      {"-i /dev/null", "/dev/null is empty"},
      {"-i 'torus 3x3' --polish", "what is `--polish`? (neither a flag nor the value of one) see --help"},
      {"-i nowhere.json", "nowhere.json cannot be read"},
      {"-i " TREERING_SOURCE_DIR "/README.md", "has no format that can be read"},
      {"-i " TREERING_SOURCE_DIR, "cannot be read"},
  };
  for (const auto& [arguments, said] : all) {
    const Ran ran = run(arguments);
    EXPECT_EQ(2, ran.status) << arguments;
    EXPECT_THAT(ran.err, StartsWith("treering-topo: ")) << arguments;
    EXPECT_THAT(ran.err, HasSubstr(said)) << arguments;
    EXPECT_EQ("", ran.out) << arguments;
  }
}

TEST_F(TopoTool, AFullDiskIsAnError) {
  const int status = std::system((std::string(TREERING_TOPO) + " -i 'torus 3x3' >/dev/full 2>/dev/null").c_str());
  EXPECT_EQ(2, WEXITSTATUS(status));
}

/// All that the tool prints when its standard output is a terminal.
std::string on_terminal(const char* no_color) {
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", no_color, 1);
    execl(TREERING_TOPO, TREERING_TOPO, "-i", "1 host x (2 gpu nvswitch 450GB/s)", nullptr);
    _exit(127);
  }
  std::string text;
  char part[4096];
  for (ssize_t got; (got = ::read(terminal, part, sizeof part)) > 0;) text.append(part, static_cast<std::size_t>(got));
  waitpid(child, nullptr, 0);
  close(terminal);
  return text;
}

TEST_F(TopoTool, ColoursAreForTerminalsAndForThoseWhoWantThem) {
  EXPECT_THAT(on_terminal(""), HasSubstr("\x1b[32mNV\x1b[0m"));
  EXPECT_THAT(on_terminal("1"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(on_terminal("1"), HasSubstr("NV 450"));
  EXPECT_THAT(run("-i '1 host x (2 gpu nvswitch 450GB/s)'").out, Not(HasSubstr("\x1b")));
}

std::set<std::string> flags_in(const std::string& text) {
  static const std::regex flag("(^|[^a-z-])(--?[a-z][a-z-]*)");
  std::set<std::string> flags;
  for (std::sregex_iterator at(text.begin(), text.end(), flag), end; at != end; ++at) flags.insert((*at)[2]);
  return flags;
}

TEST_F(TopoTool, HelpFitsATerminalAndHasTheGrammarAsTheManualPageHas) {
  const std::string help = run("--help").out, manual = read(TREERING_SOURCE_DIR "/tools/topo/treering-topo.1");
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120u) << line;
  for (const char* word : {"hosts", "torus", "tree", "dragonfly", "levels", "leaves of", "oversubscribed", "groups of",
                           "routers of", "on rails", "nvswitch", "nvlink", "xgmi", "pcie5", "numa", "core"}) {
    EXPECT_THAT(help, HasSubstr(word));
    EXPECT_THAT(manual, HasSubstr(word));
  }
}

TEST_F(TopoTool, HelpAndManualPageNameTheSameFlags) {
  const Ran help = run("--help");
  EXPECT_EQ(0, help.status);
  std::string manual = read(TREERING_SOURCE_DIR "/tools/topo/treering-topo.1");
  manual = std::regex_replace(manual, std::regex(R"(\\-)"), "-");
  std::set<std::string> named = flags_in(manual);
  for (const char* other : {"-topo", "-smi", "--color"}) named.erase(other);
  EXPECT_EQ(flags_in(help.out), named);
  named.erase("-m");  // of nvidia-smi
  for (const std::string& flag : named)
    EXPECT_TRUE(std::regex_search(manual, std::regex("\n\\.TP\n\\.BR? [^\n]*" + flag + "( |\n)"))) << flag;
  for (const char* said : {"NO_COLOR", "all-reduce", "matrix", "tree", "json", "nccl", "dot", "svg"}) {
    EXPECT_THAT(manual, HasSubstr(said));
  }
  EXPECT_THAT(run("--version").out, StartsWith("treering-topo "));
}

}  // namespace
}  // namespace treering::topo
