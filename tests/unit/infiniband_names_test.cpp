// What devices are called that are described in any way.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "infiniband_text.hpp"
#include "topology/infiniband/ibnetdiscover.hpp"

namespace treering::topology {
namespace {

std::string nodes_of(const std::string& text) {
  const auto topology = topology_from_ibnetdiscover(text, "f");
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? nodes_text(*topology) : "";
}

std::string adapter(std::string_view guid, std::string_view description) {
  return fmt::format("Ca\t1 \"H-{}\"\t\t# \"{}\"\n", guid, description);
}

std::string network_switch(std::string_view guid, std::string_view description) {
  return fmt::format("Switch\t36 \"S-{}\"\t\t# \"{}\" base port 0 lid 1 lmc 0\n", guid, description);
}

TEST(FabricNames, OfHostsStandBeforeThoseOfAdapters) {
  EXPECT_EQ(nodes_of(adapter("a", "node1 HCA-1") + adapter("b", "node1 HCA-2") + adapter("c", "n-2.site.org mlx5_0")),
            "host n-2.site.org\nhost node1\nnic n-2.site.org/mlx5_0 0xc\nnic node1/HCA-1 0xa\nnic node1/HCA-2 0xb\n");
}

TEST(FabricNames, ThatTellNoAdapterAreHosts) {
  EXPECT_EQ(nodes_of(adapter("a", "node1") + adapter("b", "MT25408 ConnectX Mellanox Technologies") +
                     adapter("c", "storage gateway") + adapter("d", "")),
            "host 0x000000000000000d\nhost MT25408 ConnectX Mellanox Technologies\nhost node1\nhost storage gateway\n"
            "nic 0x000000000000000d/nic 0xd\nnic MT25408 ConnectX Mellanox Technologies/nic 0xb\nnic node1/nic 0xa\n"
            "nic storage gateway/nic 0xc\n");
}

TEST(FabricNames, OfAggregationNodesAreInNoHost) {
  EXPECT_EQ(nodes_of(adapter("a", "Mellanox Technologies Aggregation Node")),
            "other Mellanox Technologies Aggregation Node 0xa\n");
}

TEST(FabricNames, ThatSeveralHaveAreToldApartByGuid) {
  EXPECT_EQ(nodes_of(network_switch("a", "leaf") + network_switch("b", "leaf") + network_switch("c", "spine")),
            "network-switch leaf (0x000000000000000a) 0xa\nnetwork-switch leaf (0x000000000000000b) 0xb\n"
            "network-switch spine 0xc\n");
  EXPECT_EQ(nodes_of(network_switch("a", "x") + adapter("b", "x HCA-1") + adapter("c", "x HCA-2")),
            "host x\nnetwork-switch x (0x000000000000000a) 0xa\nnic x/HCA-1 0xb\nnic x/HCA-2 0xc\n");
  EXPECT_EQ(nodes_of(network_switch("a", "leaf") + network_switch("b", "leaf") +
                     network_switch("c", "leaf (0x000000000000000a)")),
            "network-switch leaf (0x000000000000000a) (0x000000000000000a) 0xa\n"
            "network-switch leaf (0x000000000000000a) 0xc\nnetwork-switch leaf (0x000000000000000b) 0xb\n");
}

TEST(FabricNames, OfHostsThatNobodyNamedArePartedByGuid) {
  EXPECT_EQ(
      nodes_of(adapter("a", "localhost HCA-1") + adapter("b", "localhost HCA-1") + adapter("c", "localhost HCA-2")),
      "host localhost (0x000000000000000a)\nhost localhost (0x000000000000000b)\n"
      "host localhost (0x000000000000000c)\nnic localhost (0x000000000000000a)/HCA-1 0xa\n"
      "nic localhost (0x000000000000000b)/HCA-1 0xb\nnic localhost (0x000000000000000c)/HCA-2 0xc\n");
}

TEST(FabricNames, MayHoldAnything) {
  EXPECT_EQ(nodes_of(network_switch("a", "a \"b\" lid 3 \"") + network_switch("b", "# M\xc3\xbcnchen \xe2\x98\x83 ") +
                     network_switch("c", "rack 1/leaf\t2\x7f") + network_switch("d", "caf\xe9 \xc3")),
            "network-switch # M\xc3\xbcnchen \xe2\x98\x83 0xb\nnetwork-switch a \"b\" lid 3 \" 0xa\n"
            "network-switch caf? ? 0xd\nnetwork-switch rack 1_leaf?2? 0xc\n");
  const std::string snowmen = [] {
    std::string text;
    while (text.size() < 900) text += "\xe2\x98\x83";
    return text;
  }();
  EXPECT_EQ(nodes_of(network_switch("a", snowmen)), "network-switch " + snowmen.substr(0, 198) + " 0xa\n");
}

TEST(FabricNames, MayHoldWhatStandsBetweenTwoOfThemInLists) {
  // The port without a cable, or the other cable, says which of the two it is.
  const std::string cable = "SW 1 2 0xa 4x QDR - CA 2 1 0xb ( 'x' - 'y' - 'node1 HCA-1' )\n";
  EXPECT_EQ(nodes_of(cable + "SW 1 1 0xa 4x SDR            'x' - 'y'\n"),
            "host node1\nnetwork-switch x' - 'y 0xa\nnic node1/HCA-1 0xb\n");
  EXPECT_EQ(nodes_of(cable + "SW 3 4 0xc 4x QDR - CA 2 2 0xb ( 'z' - 'node1 HCA-1' )\n"),
            "host node1\nnetwork-switch x' - 'y 0xa\nnetwork-switch z 0xc\nnic node1/HCA-1 0xb\n");
  EXPECT_EQ(nodes_of("SW 1 2 0xa 4x QDR - SW 2 1 0xb ( 'x' - 'y' - 'z' )\n"),  // nothing does
            "network-switch x 0xa\nnetwork-switch y' - 'z 0xb\n");
}

TEST(FabricNames, OfADeviceAreThoseOfItsHeader) {
  EXPECT_EQ(nodes_of(adapter("a", "node1 HCA-1") + "[1] \"S-b\"[1] # lid 1 lmc 0 \"old\" lid 2 4xQDR\n" +
                     network_switch("b", "new") + "[1] \"H-a\"[1](a1) # \"mapped name 0\" lid 1 4xQDR\n"),
            "host node1\nnetwork-switch new 0xb\nnic node1/HCA-1 0xa\n");
}

TEST(FabricNames, OfPortsTogetherAreOneAdapterIfTheirGuidsAreNear) {
  const auto ports = [](std::string_view second, std::string_view first) {
    return nodes_of(fmt::format("CA 4 {} - SW 1 2 0xa ( 'h HCA-1' - 's' )\nCA 3 {} - SW 1 1 0xa ( 'h HCA-1' - 's' )\n",
                                second, first));
  };
  EXPECT_EQ(ports("2 0x102 4x QDR", "1 0x101 4x QDR"), "host h\nnetwork-switch s 0xa\nnic h/HCA-1 0x101\n");
  const std::string two = ports("1 0x102 4x QDR", "1 0x101 4x QDR");  // the same port: of two adapters
  EXPECT_NE(two.find("nic h (0x0000000000000101)/HCA-1 0x101\n"), std::string::npos) << two;
  EXPECT_NE(two.find("nic h (0x0000000000000102)/HCA-1 0x102\n"), std::string::npos) << two;
  const std::string other = nodes_of(
      "CA 4 2 0x102 4x QDR - SW 1 2 0xa ( 'h HCA-2' - 's' )\nCA 3 1 0x101 4x QDR - SW 1 1 0xa ( 'h HCA-1' - 's' )\n");
  EXPECT_EQ(other, "host h\nnetwork-switch s 0xa\nnic h/HCA-1 0x101\nnic h/HCA-2 0x102\n");
  const std::string router =
      nodes_of("RT 4 2 0x102 4x QDR - SW 1 2 0xa ( 'h' - 's' )\nCA 3 1 0x101 4x QDR - SW 1 1 0xa ( 'h' - 's' )\n");
  EXPECT_NE(router.find("network-switch h (0x0000000000000102) 0x102\n"), std::string::npos) << router;
  const std::string far = ports("2 0x10002 4x QDR", "1 0x101 4x QDR");
  EXPECT_NE(far.find("nic h (0x0000000000010002)/HCA-1 0x10002\n"), std::string::npos) << far;
}

}  // namespace
}  // namespace treering::topology
