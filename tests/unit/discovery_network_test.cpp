// Network interfaces and RDMA devices, from trees of files that other machines would show.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>

#include "discovery_fake_system.hpp"
#include "discovery_lines.hpp"
#include "topology/discovery/discover.hpp"
#include "topology/discovery/interfaces.hpp"
#include "topology/discovery/rdma.hpp"
#include "topology/discovery/routes.hpp"
#include "topology/discovery/system_files.hpp"
#include "topology/settings.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;

Topology discovered(const FakeSystem& system) {
  auto topology = discovered_host({.root = system.root(), .machine = false});
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

/// With a driver and a cable, as files of sysfs.
FakeSystem::Files ethernet(const std::string& speed, const std::string& state = "up\n") {
  return {
      {"type", "1\n"},    {"speed", speed}, {"mtu", "9000\n"}, {"operstate", state}, {"address", "02:fc:00:00:00:01\n"},
      {"dev_port", "1\n"}};
}

FakeSystem::Files rdma_port(const std::string& rate, const std::string& layer,
                            const std::string& state = "4: ACTIVE\n") {
  return {{"rate", rate},
          {"link_layer", layer},
          {"state", state},
          {"lid", "0x527\n"},
          {"gids/0", "fe80:0000:0000:0000:506b:4b03:003c:eee9\n"},
          {"gids/1", "0000:0000:0000:0000:0000:0000:0000:0000\n"},
          {"gids/3", "fe80:0000:0000:0000:0000:0000:0000:0000\n"},
          {"gids/2", "0000:0000:0000:0000:0000:ffff:c000:0202\n"},
          {"gid_attrs/types/2", "RoCE v2\n"}};
}

TEST(Interfaces, TellSpeedStateAndPlace) {
  FakeSystem system;
  system.device("sys/class/net/eth7", "0000:1b:00.1", ethernet("100000\n"));
  system.device("sys/class/net/eth8", "0000:1c:00.0", ethernet("25000\n", "down\n"), "/virtio2");
  system.write_all("sys/class/net/lo", {{"type", "772\n"}});
  system.write("sys/class/net/bonding_masters", "bond0\n");
  const auto found = interfaces(SystemFiles(system.root()));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "eth7");
  EXPECT_EQ(found[0].type, Interface::Type::ethernet);
  EXPECT_TRUE(found[0].is_hardware && found[0].is_up);
  EXPECT_EQ(found[0].pci, (PciAddress{.bus = 0x1b, .function = 1}));
  EXPECT_EQ(found[0].numa, 1u);
  EXPECT_EQ(found[0].port, 2);
  EXPECT_EQ(found[0].gbs, 12.5);
  EXPECT_EQ(found[0].mtu_bytes, 9000u);
  EXPECT_EQ(found[0].hardware_address, "02:fc:00:00:00:01");
  EXPECT_FALSE(found[1].is_up);
  EXPECT_EQ(found[1].pci, (PciAddress{.bus = 0x1c}));
  EXPECT_EQ(found[1].numa, 1u);
}

TEST(Interfaces, ThatDoNotKnowTheirSpeedHaveNone) {
  for (const char* speed : {"-1\n", "4294967295\n", "0\n", "", "fast\n", "10000 \nx", "99999999999999999999\n"}) {
    FakeSystem system;
    system.device("sys/class/net/eth0", "0000:1b:00.0", ethernet(speed));
    const auto found = interfaces(SystemFiles(system.root()));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_FALSE(found[0].gbs.is_known()) << speed;
  }
}

TEST(Interfaces, OfUnknownStateAreUpWhereThereIsACarrier) {
  FakeSystem system;
  system.device("sys/class/net/a", "0000:1b:00.0", ethernet("1000\n", "unknown\n"));
  system.device("sys/class/net/b", "0000:1c:00.0", ethernet("1000\n", "unknown\n"));
  system.write("sys/class/net/a/carrier", "1\n");
  system.write("sys/class/net/b/carrier", "0\n");
  const auto found = interfaces(SystemFiles(system.root()));
  EXPECT_TRUE(found[0].is_up);
  EXPECT_FALSE(found[1].is_up);
  system.device("sys/class/net/c", "0000:1d:00.0", ethernet("1000\n", "unknown\n"));
  EXPECT_TRUE(interfaces(SystemFiles(system.root()))[2].is_up) << "nothing says that it lacks one";
}

TEST(Interfaces, TellTheirBondAndWhetherTheCableIsOut) {
  FakeSystem system;
  system.device("sys/class/net/a", "0000:1b:00.0", ethernet("1000\n"));
  system.device("sys/class/net/b", "0000:1c:00.0", ethernet("1000\n", "down\n"));
  system.write("sys/class/net/a/carrier", "1\n");
  system.write("sys/class/net/b/carrier", "0\n");
  system.write("sys/class/net/bond0/type", "1\n");
  std::filesystem::create_directory_symlink("../bond0", system.root() + "/sys/class/net/a/master");
  const auto found = interfaces(SystemFiles(system.root()));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].master, "bond0");
  EXPECT_EQ(found[0].master_kind, "") << "it has no folder of bonds or bridges";
  EXPECT_FALSE(found[0].lacks_carrier);
  EXPECT_EQ(found[1].master, "");
  EXPECT_TRUE(found[1].lacks_carrier);
  EXPECT_FALSE(found[2].lacks_carrier);
}

TEST(Interfaces, TellBondsAndBridgesFromOtherMasters) {
  FakeSystem system;
  const auto member = [&](const char* name, const std::string& master, const std::string& file) {
    system.device(std::string("sys/class/net/") + name, "0000:1b:00.0", ethernet("1000\n"));
    system.write("sys/class/net/" + master + "/" + file, "1\n");
    std::filesystem::create_directory_symlink("../" + master, system.root() + "/sys/class/net/" + name + "/master");
  };
  member("a", "bond0", "bonding/slaves");
  member("b", "br0", "bridge/bridge_id");
  member("c", "ovs-system", "type");
  const auto found = interfaces(SystemFiles(system.root()));
  EXPECT_EQ(found[0].master_kind, "bond");
  EXPECT_EQ(found[1].master_kind, "bridge");
  EXPECT_EQ(found[2].master_kind, "");
  const Topology topology = discovered(system);
  std::vector<std::string> kinds;
  for (NodeIndex node = 0; node < topology.nodes().size(); ++node)
    for (const Attribute& attribute : topology.node_attributes(node))
      if (attribute.name == master_kind_name) kinds.emplace_back(attribute.value);
  EXPECT_THAT(kinds, ElementsAre("bond", "bridge"));
}

TEST(Interfaces, HaveTheAddressOfTheirOwnInABond) {
  FakeSystem system;
  system.device("sys/class/net/a", "0000:1b:00.0", ethernet("1000\n"));
  system.device("sys/class/net/b", "0000:1c:00.0", ethernet("1000\n"));
  system.write("sys/class/net/b/bonding_slave/perm_hwaddr", "02:fc:00:00:00:02\n");
  const auto found = interfaces(SystemFiles(system.root()));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].hardware_address, "02:fc:00:00:00:01");
  EXPECT_EQ(found[1].hardware_address, "02:fc:00:00:00:02");
}

TEST(SystemFiles, ThatAreBrokenAreAsIfAbsent) {
  FakeSystem system;
  const SystemFiles files(system.root());
  system.write("huge", std::string(SystemFiles::attribute_bytes + 1, '1'));
  system.write("full", std::string(SystemFiles::attribute_bytes, '1'));
  system.write("bytes", "\xff\xfe");
  system.write("long", std::string(SystemFiles::name_bytes + 1, 'n'));
  system.write("controls", "a\tb");
  ASSERT_EQ(mkfifo((system.root() + "/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(files.text("huge"));
  EXPECT_TRUE(files.text("full"));
  EXPECT_FALSE(files.text("bytes"));
  EXPECT_FALSE(files.text("pipe"));  // and does not wait for somebody to write
  EXPECT_FALSE(files.text("absent"));
  EXPECT_FALSE(files.text("."));
  EXPECT_FALSE(files.number("full"));
  EXPECT_FALSE(files.name("long"));
  EXPECT_FALSE(files.name("controls"));
  EXPECT_THAT(files.names_in("absent"), ElementsAre());
  system.write("folder/b", "");
  system.write("folder/a", "");
  system.write("folder/\xff", "");
  system.write("folder/c\nd", "");
  system.write("folder/" + std::string(SystemFiles::name_bytes + 1, 'n'), "");
  EXPECT_THAT(files.names_in("folder"), ElementsAre("a", "b"));
}

TEST(Routes, AreDefaultWhereTheyLeadToAllAndAreUsed) {
  FakeSystem system;
  system.write("proc/net/route",
               "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\n"
               "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\n"
               "eth1\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\n"
               "eth2\t00000000\t010200C0\t0203\t0\t0\t0\t00000000\t0\n"
               "eth3\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\n"
               "eth4\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\n"
               "eth5\t00000000\n"
               "eth6\t00000000\t010200C0\tzzzz\t0\t0\t0\t00000000\t0\n");
  const std::string all(32, '0');
  system.write("proc/net/ipv6_route",
               all + " 00 " + all + " 00 " + all + " 00000400 00000002 00000000 00000003 eth7\n" + all + " 00 " + all +
                   " 00 " + all + " ffffffff 00000001 00000000 00200200 lo\n" + all + " 40 " + all + " 00 " + all +
                   " 00000400 00000002 00000000 00000003 eth8\n" + "short line\n");
  const DefaultRoutes routes = default_routes(SystemFiles(system.root()));
  EXPECT_THAT(routes.ipv4, ElementsAre("eth0"));
  EXPECT_THAT(routes.ipv6, ElementsAre("eth7"));
}

TEST(RdmaRate, IsWhatIsLeftForData) {
  EXPECT_EQ(rdma_rate("100 Gb/sec (4X EDR)", true).gbs, 12.5);
  EXPECT_EQ(rdma_rate("100 Gb/sec (4X EDR)", true).width, 4);
  EXPECT_EQ(rdma_rate("200 Gb/sec (2X NDR)", true).width, 2);
  EXPECT_EQ(rdma_rate("40 Gb/sec (4X QDR)", true).gbs, 4);
  EXPECT_EQ(rdma_rate("40 Gb/sec (4X QDR)", false).gbs, 5);
  EXPECT_EQ(rdma_rate("40 Gb/sec (4X FDR10)", true).gbs, 5);
  EXPECT_NEAR(rdma_rate("56 Gb/sec (4X FDR)", true).gbs.value(), 6.818, 0.001);
  EXPECT_EQ(rdma_rate("2.5 Gb/sec (1X SDR)", true).gbs, 0.25);
  EXPECT_EQ(rdma_rate("10 Gb/sec (4X)", true).gbs, 1);
}

TEST(RdmaRate, IsUnknownWhereTheTextIsNone) {
  for (const char* text :
       {"", "fast", "100", "-5 Gb/sec (4X EDR)", "0 Gb/sec", "1e99 Gb/sec", "nan Gb/sec", "inf Gb/sec"}) {
    EXPECT_FALSE(rdma_rate(text, true).gbs.is_known()) << text;
  }
  EXPECT_FALSE(rdma_rate("100 Gb/sec (X", true).width);
  EXPECT_FALSE(rdma_rate("100 Gb/sec (0X", true).width);
}

TEST(Rdma, TellsPortsAndGids) {
  FakeSystem system;
  system.device("sys/class/infiniband/mlx5_3", "0000:5e:00.0",
                {{"node_guid", "506b:4b03:003c:eee8\n"}, {"fw_ver", "16.35\n"}, {"hca_type", "\n"}});
  system.write_all("sys/class/infiniband/mlx5_3/ports/2", rdma_port("100 Gb/sec (4X EDR)\n", "InfiniBand\n"));
  system.write("sys/class/infiniband/mlx5_3/ports/2/gid_attrs/ndevs/2", "ib4\n");
  system.write("sys/class/infiniband/mlx5_3/ports/x/rate", "1");
  const auto devices = rdma_devices(SystemFiles(system.root()));
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].guid, 0x506b4b03003ceee8u);
  EXPECT_EQ(devices[0].pci, (PciAddress{.bus = 0x5e}));
  EXPECT_EQ(devices[0].numa, 1u);
  EXPECT_THAT(devices[0].said, ElementsAre(std::pair("fw_ver", "16.35")));
  ASSERT_EQ(devices[0].ports.size(), 1u);
  const RdmaPort& port = devices[0].ports[0];
  EXPECT_EQ(port.number, 2);
  EXPECT_TRUE(port.is_active && port.is_infiniband);
  EXPECT_EQ(port.gbs, 12.5);
  EXPECT_EQ(port.guid, 0x506b4b03003ceee9u);
  EXPECT_EQ(port.interface, "ib4");
  EXPECT_THAT(port.said, ElementsAre(std::pair("state", "4: ACTIVE"), std::pair("link_layer", "InfiniBand"),
                                     std::pair("rate", "100 Gb/sec (4X EDR)"), std::pair("lid", "0x527"),
                                     std::pair("gid 0", "fe80:0000:0000:0000:506b:4b03:003c:eee9"),
                                     std::pair("gid 2", "0000:0000:0000:0000:0000:ffff:c000:0202 RoCE v2")));
}

TEST(Rdma, KeepsNoMoreThanTheFirstGids) {
  FakeSystem system;
  system.write_all("sys/class/infiniband/a/ports/1", {{"rate", "junk"}});
  for (int i = 0; i < 40; ++i) {
    system.write("sys/class/infiniband/a/ports/1/gids/" + std::to_string(i),
                 "fe80:0000:0000:0000:0000:0000:0000:00" + std::to_string(10 + i));
  }
  const auto devices = rdma_devices(SystemFiles(system.root()));
  ASSERT_EQ(devices.size(), 1u);
  ASSERT_EQ(devices[0].ports[0].said.size(), 17u);
  EXPECT_EQ(devices[0].ports[0].said.back(),
            std::pair(std::string("gid 15"), std::string("fe80:0000:0000:0000:0000:0000:0000:0025")));
}

TEST(Network, AdaptersPortsAndRatesComeTogether) {
  FakeSystem system;
  system.write("proc/sys/kernel/random/boot_id", "3f0c\n");
  system.write("proc/net/route", "eth7 00000000 010200C0 0003 0 0 0 00000000\n");
  system.device("sys/class/net/eth7", "0000:1b:00.0", ethernet("100000\n"));
  system.device("sys/class/net/eth8", "0000:1c:00.0", ethernet("25000\n", "down\n"));
  system.device("sys/class/infiniband/mlx5_3", "0000:1b:00.0", {{"node_guid", "506b:4b03:003c:eee8\n"}});
  system.write_all("sys/class/infiniband/mlx5_3/ports/2", rdma_port("200 Gb/sec (4X HDR)\n", "Ethernet\n"));
  system.write("sys/class/infiniband/mlx5_3/ports/2/gid_attrs/ndevs/0", "eth7\n");
  system.device("sys/class/infiniband/mlx5_4", "0000:1d:00.0", {});
  system.write_all("sys/class/infiniband/mlx5_4/ports/1", rdma_port("100 Gb/sec (4X EDR)\n", "InfiniBand\n"));
  system.write_all("sys/class/infiniband/mlx5_4/ports/2", rdma_port("10 Gb/sec\n", "InfiniBand\n", "1: DOWN\n"));
  const std::string gids = R"(["gid 0","fe80:0000:0000:0000:506b:4b03:003c:eee9"],)"
                           R"(["gid 2","0000:0000:0000:0000:0000:ffff:c000:0202 RoCE v2"])";
  const auto port = [&](std::string_view state, std::string_view layer, std::string_view rate) {
    return fmt::format(R"("linux.rdma.port":[["state","{}"],["link_layer","{}"],["rate","{}"],["lid","0x527"],{}])",
                       state, layer, rate, gids);
  };
  EXPECT_THAT(
      lines_of(discovered(system)),
      ElementsAre(
          R"({"name":"host0","kind":"host","identity":"3f0c"})",
          R"({"name":"nic0","kind":"nic","part_of":"host0","pci":"0000:1b:00.0","guid":"0x506b4b03003ceee8",)"
          R"("attributes":{"linux.rdma":[["name","mlx5_3"]]}})",
          R"({"name":"eth7","kind":"port","part_of":"host0/nic0","number":2,"identity":"02:fc:00:00:00:01",)"
          R"("attributes":{)" +
              port("4: ACTIVE", "Ethernet", "200 Gb/sec (4X HDR)") +
              R"(,"linux.net":[["name","eth7"],["state","up"],["mtu","9000"],["default_route","ipv4"]]}})",
          R"({"name":"ethernet","kind":"network-switch"})",
          R"({"name":"nic1","kind":"nic","part_of":"host0","pci":"0000:1d:00.0","attributes":)"
          R"({"linux.rdma":[["name","mlx5_4"]]}})",
          R"({"name":"mlx5_4:1","kind":"port","part_of":"host0/nic1","number":1,"guid":"0x506b4b03003ceee9",)"
          R"("attributes":{)" +
              port("4: ACTIVE", "InfiniBand", "100 Gb/sec (4X EDR)") + "}}",
          R"({"name":"infiniband","kind":"network-switch"})",
          R"({"name":"mlx5_4:2","kind":"port","part_of":"host0/nic1","number":2,"guid":"0x506b4b03003ceee9",)"
          R"("attributes":{)" +
              port("1: DOWN", "InfiniBand", "10 Gb/sec") + "}}",
          R"({"name":"nic2","kind":"nic","part_of":"host0","pci":"0000:1c:00.0"})",
          R"({"name":"eth8","kind":"port","part_of":"host0/nic2","number":2,"identity":"02:fc:00:00:00:01",)"
          R"("attributes":{"linux.net":[["name","eth8"],["state","down"],["mtu","9000"]]}})",
          R"({"from":"host0","to":"host0/nic0","type":"pcie"})", R"({"from":"host0","to":"host0/nic1","type":"pcie"})",
          R"({"from":"host0","to":"host0/nic2","type":"pcie"})",
          R"({"from":"host0/nic0","to":"ethernet","type":"ethernet","width":4,"from_port":2,"declared":{"gbs":25}})",
          R"({"from":"host0/nic1","to":"infiniband","type":"infiniband","width":4,"from_port":1,)"
          R"("declared":{"gbs":12.5}})"));
}

TEST(Network, PortsOfInfiniBandAreTheirInterfacesByNumber) {
  FakeSystem system;
  FakeSystem::Files ipoib = ethernet("-1\n");
  ipoib[0].second = "32\n";
  system.device("sys/class/net/ib5", "0000:1b:00.0", ipoib);
  system.device("sys/class/infiniband/mlx4_0", "0000:1b:00.0", {});
  for (const char* port : {"1", "2"}) {
    system.write_all(std::string("sys/class/infiniband/mlx4_0/ports/") + port,
                     rdma_port("40 Gb/sec (4X QDR)\n", "InfiniBand\n"));
  }
  std::vector<std::string> names;
  const Topology topology = discovered(system);
  for (const Node& node : topology.nodes()) names.push_back(node.name);
  EXPECT_THAT(names, ElementsAre("host0", "nic0", "mlx4_0:1", "infiniband", "ib5"));
  EXPECT_EQ(topology.links().size(), 3u);  // inside, and one for each port
  EXPECT_EQ(topology.links().back().declared.forward_gbs, 4);
}

TEST(Network, DevicesInSoftwareAreNoAdapters) {
  FakeSystem system;
  system.write_all("sys/class/infiniband/rxe0", {{"fw_ver", "1.0"}});
  system.write_all("sys/class/infiniband/rxe0/ports/1", rdma_port("100 Gb/sec (4X EDR)\n", "Ethernet\n"));
  system.write_all("sys/class/net/br0", ethernet("1000\n"));
  EXPECT_THAT(lines_of(discovered(system)),
              ElementsAre(R"({"name":"host0","kind":"host"})",
                          R"({"name":"rxe0","kind":"other","part_of":"host0","attributes":)"
                          R"({"linux.rdma":[["name","rxe0"],["fw_ver","1.0"]]}})"));
}

TEST(Network, OfNothingIsAHost) {
  FakeSystem system;
  EXPECT_THAT(lines_of(discovered(system)), ElementsAre(R"({"name":"host0","kind":"host"})"));
}

}  // namespace
}  // namespace treering::topology
