// A fabric is discovered: one that ibsim simulates, by a program that has its library before it.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "topology/infiniband/ibnetdiscover.hpp"
#include "topology/infiniband/live/live_fabric.hpp"
#include "topology/json.hpp"
#include "unit/infiniband_text.hpp"

namespace treering::topology {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A folder for this process: the library of ibsim leaves files in the working directory of whom it is loaded into.
std::string folder() {
  return fmt::format("{}/treering-fabric-{}", testing::TempDir(), getpid());
}

/// ibsim with a fabric, until the end of this.
class Simulation {
 public:
  explicit Simulation(const std::string& net) {
    std::filesystem::create_directory(folder());
    std::ofstream(net_file_) << net;
    setenv("IBSIM_SOCKNAME", name_.c_str(), 1);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    for (const int stream : {0, 1, 2}) posix_spawn_file_actions_addopen(&quiet, stream, "/dev/null", O_RDWR, 0);
    std::string words[] = {TREERING_IBSIM, "-s", "-n", net_file_};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    if (posix_spawn(&process_, TREERING_IBSIM, &quiet, nullptr, arguments, environ) != 0) process_ = -1;
    posix_spawn_file_actions_destroy(&quiet);
  }
  ~Simulation() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    std::filesystem::remove_all(folder());
    unsetenv("IBSIM_SOCKNAME");
  }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Waits until it can be asked; false where it has ended.
  bool is_there() const {
    while (contents("/proc/net/unix").find('@' + name_ + ":ctl") == std::string::npos) {
      if (process_ < 0 || waitpid(process_, nullptr, WNOHANG) != 0) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  void freeze() const { kill(process_, SIGSTOP); }

 private:
  std::string name_ = fmt::format("treering-{}", getpid());
  std::string net_file_ = folder() + "/fabric.net";
  pid_t process_ = -1;
};

struct Output {
  std::string text;
  int status = -1;
};

/// What a program prints on the simulated fabric. (ibsim 0.10 copies more than there is, which is not ours to mend:
/// replace_intrin=0 keeps the sanitizer from looking at copies outside of what it was compiled into.)
Output output_of(const std::string& command) {
  const std::string line =
      fmt::format("cd {} && ASAN_OPTIONS=verify_asan_link_order=0:replace_intrin=0 LD_PRELOAD={} {} 2>/dev/null",
                  folder(), TREERING_UMAD2SIM, command);
  Output output;
  std::FILE* const pipe = popen(line.c_str(), "r");
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output.text += static_cast<char>(c);
  output.status = WEXITSTATUS(pclose(pipe));
  return output;
}

Topology discovered() {
  const Output output = output_of(TREERING_PROBE " 120000");
  EXPECT_EQ(output.status, 0) << output.text;
  auto topology = topology_from_json(output.text, "probe");
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

/// As ibsim reads it: hosts and switches with the names of a fat tree.
struct FatTree {
  std::string net;
  std::string links;  // as links_text() has them
  int hosts = 0;
};

FatTree fat_tree(int leaves, int hosts_of_a_leaf, int spines) {
  FatTree tree;
  tree.hosts = leaves * hosts_of_a_leaf;
  std::vector<std::string> links;
  for (int leaf = 0; leaf < leaves; ++leaf) {
    tree.net += fmt::format("Switch {} \"S-leaf{}\" # \"leaf{}\"\n", hosts_of_a_leaf + spines, leaf, leaf);
    for (int i = 0; i < hosts_of_a_leaf; ++i) {
      const int host = leaf * hosts_of_a_leaf + i;
      tree.net += fmt::format("[{}] \"H-host{}\"[1]\n", 1 + i, host);
      links.push_back(fmt::format("host{}/mlx5_0[1] leaf{}[{}] 4 x 2.5: 1\n", host, leaf, 1 + i));
    }
    for (int spine = 0; spine < spines; ++spine) {
      const int port = hosts_of_a_leaf + 1 + spine;
      tree.net += fmt::format("[{}] \"S-spine{}\"[{}]\n", port, spine, 1 + leaf);
      links.push_back(fmt::format("leaf{}[{}] spine{}[{}] 4 x 2.5: 1\n", leaf, port, spine, 1 + leaf));
    }
    tree.net += "\n";
  }
  for (int spine = 0; spine < spines; ++spine) {
    tree.net += fmt::format("Switch {} \"S-spine{}\" # \"spine{}\"\n", leaves, spine, spine);
    for (int leaf = 0; leaf < leaves; ++leaf) {
      tree.net += fmt::format("[{}] \"S-leaf{}\"[{}]\n", 1 + leaf, leaf, hosts_of_a_leaf + 1 + spine);
    }
    tree.net += "\n";
  }
  for (int host = 0; host < tree.hosts; ++host) {
    tree.net += fmt::format("Ca 1 \"H-host{}\" # \"host{} mlx5_0\"\n[1] \"S-leaf{}\"[{}]\n\n", host, host,
                            host / hosts_of_a_leaf, 1 + host % hosts_of_a_leaf);
  }
  std::sort(links.begin(), links.end());
  tree.links = fmt::format("{}", fmt::join(links, ""));
  return tree;
}

class LiveFabric : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TREERING_HAS_IBNETDISC) GTEST_SKIP() << "this was built without libibnetdisc (Debian: libibnetdisc-dev)";
    for (const char* const part : {TREERING_IBSIM, TREERING_UMAD2SIM}) {
      if (!std::filesystem::exists(part)) GTEST_SKIP() << part << ": there is no simulator (Debian: ibsim-utils)";
    }
  }
};

TEST_F(LiveFabric, OfAThousandHostsIsDiscovered) {
  const FatTree tree = fat_tree(32, 32, 16);
  const Simulation simulation(tree.net);
  ASSERT_TRUE(simulation.is_there());
  const Topology topology = discovered();
  EXPECT_EQ(topology.nodes().size(), 2 * 1024 + 32 + 16);
  EXPECT_TRUE(links_text(topology) == tree.links) << links_text(topology).substr(0, 1000);
}

TEST_F(LiveFabric, IsTheOneThatIbnetdiscoverPrints) {
  if (!std::filesystem::exists(TREERING_IBNETDISCOVER)) GTEST_SKIP() << "there is no ibnetdiscover (infiniband-diags)";
  const Simulation simulation(
      "Switch 36 \"S-1\" # \"leaf 'a' - 'b' \" enhanced port 0 lid 7 lmc 0\n[1] \"H-1\"[1] s=4 w=1\n"
      "[2] \"H-1\"[2] s=2\n[3] \"H-2\"[1]\n[4] \"S-2\"[4]\n[5] \"S-2\"[7]\n\n"
      "Switch 36 \"S-2\" # \"leaf 'a' - 'b' \" base port 0 lid 9 lmc 0\n[4] \"S-1\"[4]\n[7] \"S-1\"[5]\n\n"
      "Ca 2 \"H-1\" # \"node1 HCA-1\"\n[1] \"S-1\"[1] s=4 w=1 # lid 3 lmc 0\n[2] \"S-1\"[2] s=2 # lid 4 lmc 0\n\n"
      "Ca 2 \"H-2\" # \"node1 HCA-2\"\n[1] \"S-1\"[3] # lid 5 lmc 0\n");
  ASSERT_TRUE(simulation.is_there());
  const Topology live = discovered();
  EXPECT_EQ(live.links().size(), 5);
  const auto printed = topology_from_ibnetdiscover(output_of(TREERING_IBNETDISCOVER).text, "ibnetdiscover");
  ASSERT_TRUE(printed) << printed.error().message;
  EXPECT_EQ(nodes_text(live), nodes_text(*printed));
  EXPECT_EQ(links_text(live), links_text(*printed));
  EXPECT_EQ(attributes_text(live), attributes_text(*printed));
  EXPECT_THAT(attributes_text(live), HasSubstr("infiniband.lid 0 7\n"));
  const auto ports = topology_from_ibnetdiscover(output_of(TREERING_IBNETDISCOVER " -p").text, "ibnetdiscover -p");
  ASSERT_TRUE(ports) << ports.error().message;
  EXPECT_EQ(links_text(live), links_text(*ports));
}

TEST_F(LiveFabric, ThatDoesNotAnswerIsGivenUpAtTheDeadline) {
  const Simulation simulation(fat_tree(2, 2, 1).net);
  ASSERT_TRUE(simulation.is_there());
  simulation.freeze();
  const Output output = output_of(TREERING_PROBE " 200");
  EXPECT_EQ(output.status, static_cast<int>(Code::timeout));
  EXPECT_THAT(output.text, HasSubstr("has not been asked in time ("));
}

TEST_F(LiveFabric, IsNotReachedByAnAdapterThatIsNotThere) {
  const Simulation simulation(fat_tree(2, 2, 1).net);
  ASSERT_TRUE(simulation.is_there());
  const Output output = output_of(TREERING_PROBE " 60000 mlx5_7");
  EXPECT_EQ(output.status, static_cast<int>(Code::system_error)) << output.text;
  EXPECT_THAT(output.text, HasSubstr("cannot be asked (adapter mlx5_7, port any"));
}

#ifdef TREERING_TOPO
TEST_F(LiveFabric, IsShownByTreeringTopo) {
  const FatTree tree = fat_tree(4, 4, 2);
  const Simulation simulation(tree.net);
  ASSERT_TRUE(simulation.is_there());
  setenv("SIM_HOST", "H-host0", 1);  // the device that has the adapter; else it is a switch, whose port is number 0
  for (const char* const choice : {"", " ibsim0", " ibsim0:1"}) {
    const Output json = output_of(fmt::format("{} --fabric{} --format json", TREERING_TOPO, choice));
    EXPECT_EQ(json.status, 0);
    const auto topology = topology_from_json(json.text, "treering-topo");
    ASSERT_TRUE(topology) << topology.error().message;
    EXPECT_EQ(links_text(*topology), tree.links);
  }
  const Output plan = output_of(TREERING_TOPO " --fabric --plan all-gather --size 1M");
  EXPECT_EQ(plan.status, 0);
  EXPECT_THAT(plan.text, HasSubstr("16 ranks (each host is one)"));
  for (const char* const other : {"mlx5_7", "ibsim0:2"})
    EXPECT_EQ(output_of(fmt::format("{} --fabric {}", TREERING_TOPO, other)).status, 2);
  unsetenv("SIM_HOST");
}

TEST(LiveFabricOfNoAdapter, IsSaidToBeMissingByTreeringTopo) {
  if (std::filesystem::exists("/sys/class/infiniband")) GTEST_SKIP() << "this machine may have an adapter";
  std::FILE* const pipe = popen(TREERING_TOPO " --fabric 2>&1", "r");
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  EXPECT_EQ(WEXITSTATUS(pclose(pipe)), 2);
  EXPECT_THAT(text,
              HasSubstr(TREERING_HAS_IBNETDISC ? "there is no InfiniBand fabric to ask (this host has no InfiniBand"
                                               : "was built without libibnetdisc"));
}
#endif

TEST(LiveFabricOfNoAdapter, IsNothing) {
  if (std::filesystem::exists("/sys/class/infiniband")) GTEST_SKIP() << "this machine may have an adapter";
  const auto topology = live_fabric();
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_THAT(topology->nodes(), IsEmpty());
}

}  // namespace
}  // namespace treering::topology
