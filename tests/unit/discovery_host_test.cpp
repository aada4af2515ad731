// This very machine, other machines by copies of their files, and parts that hang.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <thread>

#include "discovery_fake_system.hpp"
#include "topology/discovery/discover.hpp"
#include "topology/discovery/interfaces.hpp"
#include "topology/discovery/part.hpp"
#include "topology/json.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::chrono::milliseconds long_enough = std::chrono::minutes(2);  // machines of tests are busy

Topology discovered(const DiscoveryOptions& options = {.deadline = long_enough}) {
  auto topology = discovered_host(options);
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

std::size_t count_of(const Topology& topology, NodeKind kind) {
  return std::count_if(topology.nodes().begin(), topology.nodes().end(),
                       [&](const Node& node) { return node.kind == kind; });
}

TEST(DiscoveredHost, IsThisMachine) {
  const Topology topology = discovered();
  char name[256] = "";
  gethostname(name, sizeof name - 1);
  ASSERT_FALSE(topology.nodes().empty());
  EXPECT_EQ(topology.node(0).kind, NodeKind::host);
  EXPECT_EQ(topology.node(0).name, name);
  EXPECT_EQ(count_of(topology, NodeKind::host), 1u);
  EXPECT_GE(count_of(topology, NodeKind::core), 1u);
  EXPECT_GE(count_of(topology, NodeKind::thread), 1u);
  EXPECT_LE(count_of(topology, NodeKind::thread), std::thread::hardware_concurrency());
  for (const Attribute& attribute : topology.attributes()) EXPECT_NE(attribute.origin, "discovery") << attribute.value;
  const auto again = topology_from_json(json_of(topology), "f");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, topology);
}

TEST(DiscoveredHost, HasTheInterfacesOfThisMachineAndTheirAddresses) {
  std::vector<Interface> found = interfaces(SystemFiles("/"));
  add_addresses(found);
  const Topology topology = discovered();
  for (const Interface& interface : found) {
    if (!interface.is_hardware) continue;
    const auto node = std::find_if(topology.nodes().begin(), topology.nodes().end(),
                                   [&](const Node& one) { return one.name == interface.name; });
    ASSERT_NE(node, topology.nodes().end()) << interface.name;
    std::vector<std::string> addresses;
    for (const Attribute& attribute :
         topology.node_attributes(static_cast<NodeIndex>(node - topology.nodes().begin()))) {
      if (attribute.name == "address") addresses.emplace_back(attribute.value);
    }
    EXPECT_EQ(addresses, interface.addresses) << interface.name;
  }
}

TEST(Addresses, HaveTheirPrefix) {
  std::vector<Interface> loopback{{.name = "lo"}};
  add_addresses(loopback);
  if (loopback[0].addresses.empty()) GTEST_SKIP() << "lo has no address here";
  EXPECT_EQ(loopback[0].addresses[0], "127.0.0.1/8");
}

TEST(DiscoveredHost, HasTheLinksThatHwlocImplies) {
  const Topology topology = discovered();
  EXPECT_TRUE(std::any_of(topology.links().begin(), topology.links().end(), [&](const Link& link) {
    return link.type == LinkType::memory && topology.node(link.to).kind == NodeKind::core;
  }));
}

TEST(DiscoveredHost, IsAlikeEachTime) {
  EXPECT_EQ(discovered(), discovered());
}

TEST(DiscoveredHost, SaysWhichPartIsLeftOut) {
  const Topology topology = discovered({.root = "/nowhere", .deadline = long_enough});
  std::vector<Attribute> left_out;
  for (const Attribute& attribute : topology.attributes()) left_out.push_back(attribute);
  EXPECT_THAT(left_out,
              ElementsAre(Attribute{"discovery", "machine",
                                    "/nowhere holds no copy of the files of a host (hwloc looked at this one instead) "
                                    "make one with hwloc-gather-topology"}));
  ASSERT_EQ(topology.nodes().size(), 1u);
  EXPECT_EQ(topology.node(0), (Node{.kind = NodeKind::host, .name = "host0"}));
}

TEST(DiscoveredHost, HasThePartsThatAreAskedFor) {
  EXPECT_EQ(discovered({.machine = false, .interfaces = false, .rdma = false}).nodes().size(), 1u);
  const Topology network = discovered({.deadline = long_enough, .machine = false, .rdma = false});
  EXPECT_EQ(count_of(network, NodeKind::core), 0u);
  EXPECT_EQ(count_of(network, NodeKind::host), 1u);
}

TEST(Part, ThatIsLateIsNotWaitedFor) {
  auto done = std::make_shared<std::promise<void>>();
  {
    Part<int> part([waits = done->get_future().share()]() -> Result<int> {
      waits.wait();
      return 7;
    });
    const auto result = part.result_by(std::chrono::steady_clock::now());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::timeout);
  }  // nor when it is thrown away
  done->set_value();
}

TEST(Part, ThatThrowsFails) {
  Part<int> part([]() -> Result<int> { throw std::runtime_error("no memory"); });
  const auto result = part.result_by(std::chrono::steady_clock::now() + std::chrono::hours(1));
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("no memory"));
}

TEST(Part, GivesWhatItFinds) {
  Part<int> part([]() -> Result<int> { return 7; });
  const auto result = part.result_by(std::chrono::steady_clock::now() + std::chrono::hours(1));
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 7);
}

struct Snapshot {
  const char* file;
  std::size_t cores, gpus, nics;  // the GPUs of these could not be read when the copies were made
};

TEST(DiscoveredHost, IsReadFromCopiesOfItsFiles) {
  const std::filesystem::path folder = TREERING_HWLOC_FILES;
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  for (const Snapshot& snapshot : {Snapshot{"nvidia-dgx-gb10", 20, 0, 0}, Snapshot{"nvidiagpunumanodes", 8, 0, 0},
                                   Snapshot{"32em64t-2n8c+dax+nvme+mic+dimms", 16, 0, 3}}) {
    SCOPED_TRACE(snapshot.file);
    FakeSystem system;
    const std::string command = "tar xjf '" + (folder / snapshot.file).string() +
                                ".tar.bz2' --strip-components=1 -C '" + system.root() + "' 2>/dev/null";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "tar cannot unpack " << snapshot.file << " (Debian: bzip2)";
    const Topology topology = discovered({.root = system.root(), .deadline = long_enough});
    EXPECT_EQ(count_of(topology, NodeKind::core), snapshot.cores);
    EXPECT_EQ(count_of(topology, NodeKind::gpu), snapshot.gpus);
    EXPECT_EQ(count_of(topology, NodeKind::nic), snapshot.nics);
    for (const Attribute& attribute : topology.attributes())
      EXPECT_NE(attribute.origin, "discovery") << attribute.value;
  }
}

}  // namespace
}  // namespace treering::topology
