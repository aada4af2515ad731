// What bash offers behind `treering-topo`: what its help lists.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

#include "topo_tool.hpp"

namespace treering::topo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::UnorderedElementsAreArray;

class TopoCompletion : public TopoTool {
 protected:
  void SetUp() override {
    if (run_shell("bash -c true").status != 0) GTEST_SKIP() << "there is no bash";
  }

  /// What is offered for the last of the words, separated as bash separates them.
  std::vector<std::string> offered(const std::string& words) const {
    std::ofstream(path("complete.sh")) << fmt::format(
        "source {}/tools/topo/completion/treering-topo.bash\n"
        "COMP_WORDS=({} {})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        "_treering_topo\n[[ ${{#COMPREPLY[@]}} -eq 0 ]] || printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        TREERING_SOURCE_DIR, TREERING_TOPO, words);
    const test::Ran ran = run_shell("bash " + path("complete.sh"));
    EXPECT_EQ("", ran.err);
    std::istringstream lines(ran.out);
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);) found.push_back(line);
    return found;
  }
};

TEST_F(TopoCompletion, OffersEveryOptionOfTheHelp) {
  const std::string help = run("--help").out;
  const std::regex flag("\n  (-[a-z]),(--[a-z-]+)|\n  (--[a-z-]+)");
  std::vector<std::string> listed;
  for (std::sregex_iterator at(help.begin(), help.end(), flag), end; at != end; ++at)
    for (std::size_t group = 1; group < at->size(); ++group)
      if ((*at)[group].matched) listed.push_back((*at)[group]);
  EXPECT_THAT(listed, IsSupersetOf({"-h", "--help", "-i", "--input", "--plan", "--diff"}));
  EXPECT_THAT(offered("-"), UnorderedElementsAreArray(listed));
  EXPECT_THAT(offered("--input x --fo"), ElementsAre("--format"));
}

TEST_F(TopoCompletion, OffersWhatAnOptionTakes) {
  const auto formats = offered("--format ''"), collectives = offered("--plan ''");
  EXPECT_THAT(formats, IsSupersetOf({"matrix", "tree", "json", "nccl", "dot", "svg"}));
  EXPECT_THAT(collectives, IsSupersetOf({"all-reduce", "all-gather", "reduce-scatter", "broadcast", "reduce"}));
  for (const std::string& format : formats)
    EXPECT_EQ(0, run("-i '1 host x (2 gpu nvlink 10GB/s)' -f " + format).status) << format;
  for (const std::string& collective : collectives)
    EXPECT_EQ(0, run("-i '2 hosts 10GB/s' --plan " + collective).status) << collective;
  EXPECT_EQ(formats, offered("-f ''"));
  EXPECT_THAT(offered("-f s"), ElementsAre("svg"));
  EXPECT_THAT(offered("--format = s"), ElementsAre("svg"));
  EXPECT_EQ(formats, offered("--format ="));
  EXPECT_THAT(offered("--input ''"), IsEmpty()) << "bash offers files";
  EXPECT_THAT(offered("--check ''"), IsEmpty());
}

}  // namespace
}  // namespace treering::topo
