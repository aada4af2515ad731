// Topology files of NCCL: which element becomes which node and link, what is kept, and what is not believed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "topology/nccl/nccl_xml.hpp"
#include "topology_nccl_samples.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NcclXml, ElementsBecomeNodes) {
  EXPECT_THAT(nodes_of(read(two_gpus)),
              ElementsAre("host0 host", "host0/numa1 numa 1 in host0",
                          "host0/0000:10:00.0 pci-switch 0000:10:00.0 in host0/numa1",
                          "host0/gpu0 gpu 0 0000:11:00.0 in host0/0000:10:00.0",
                          "host0/gpu1 gpu 1 0000:12:00.0 in host0/0000:10:00.0",
                          "host0/mlx5_3 nic 2 0000:13:00.0 in host0/0000:10:00.0 guid 9a7", "network network-switch",
                          "host0/nvswitch0 nvswitch 0 0000:1a:00.0 in host0"));
}

TEST(NcclXml, ElementsBecomeLinks) {
  EXPECT_THAT(links_of(read(two_gpus)), ElementsAre("host0/numa1 - host0/0000:10:00.0 pcie x16 of 16 GT/s 31.508",
                                                    "host0/0000:10:00.0 - host0/gpu0 pcie x8 of 32 GT/s 31.508",
                                                    "host0/0000:10:00.0 - host0/gpu1 pcie x16 of 32 GT/s 63.015",
                                                    "host0/0000:10:00.0 - host0/mlx5_3 pcie x16 of 8 GT/s 15.754",
                                                    "host0/mlx5_3 - network infiniband port 2 25.000 1.5us",
                                                    "host0/gpu0 - host0/gpu1 nvlink 4 links 100.000",
                                                    "host0/gpu0 - host0/nvswitch0 nvlink 6 links 150.000",
                                                    "host0/gpu0 - host0/numa1 c2c 5 links 223.560"));
}

TEST(NcclXml, TemplatesHaveNoMoreThanTheySay) {
  const std::string text = R"(<system version="1">
  <cpu numaid="-1">
    <pci busid="ffff:ff:01.0" class="0x060400">
      <pci busid="0000:10:1c.0" class="0x030200" link_speed="8 GT/s" link_width="16" />
      <pci busid="0000:10:1d.0" class="0x020700" />
    </pci>
    <pci busid="0000:00:16.0" />
    <pci busid="0000:00:17.0" class="0x120000" />
  </cpu>
</system>
)";
  const Topology topology = read(text);
  EXPECT_THAT(nodes_of(topology), ElementsAre("host0 host", "host0/numa numa in host0",
                                              "host0/ffff:ff:01.0 pci-switch ffff:ff:01.0 in host0/numa",
                                              "host0/0000:10:1c.0 gpu 0000:10:1c.0 in host0/ffff:ff:01.0",
                                              "host0/0000:10:1d.0 nic 0000:10:1d.0 in host0/ffff:ff:01.0",
                                              "host0/0000:00:16.0 pci-device 0000:00:16.0 in host0/numa",
                                              "host0/0000:00:17.0 gpu 0000:00:17.0 in host0/numa"));
  EXPECT_EQ(topology.links().size(), 5u);
  EXPECT_EQ(write(topology), text);
}

TEST(NcclXml, SlotsThatCannotBeAreUnknown) {
  const auto link = [](const char* speed, const char* width) {
    return links_of(read(in_cpu(std::string(R"(<pci busid="0000:01:00.0" link_speed=")") + speed + "\" link_width=\"" +
                                width + "\"/>")))[0];
  };
  const std::string unknown = "host0/numa0 - host0/0000:01:00.0 pcie";
  EXPECT_EQ(link("2.5 GT/s", "2"), unknown + " x2 of 2.5 GT/s 0.500");
  EXPECT_EQ(link("64.0 GT/s PCIe", "16"), unknown + " x16 of 64 GT/s 121.000");
  for (const char* speed : {"0 GT/s", "Unknown", "Unknown speed", "", "-1", "-1 GT/s", "16", "16 GB/s", "17 GT/s",
                            "nan GT/s", "inf GT/s", "1e999 GT/s"}) {
    EXPECT_EQ(link(speed, "16"), unknown) << speed;
  }
  for (const char* width : {"0", "1", "-1", "255", "", "x16", "65552"})
    EXPECT_EQ(link("16 GT/s", width), unknown) << width;
}

TEST(NcclXml, PortsThatCannotBeAreUnknown) {
  const auto link = [](const char* speed, const char* latency) {
    const auto links = links_of(
        read(in_cpu(std::string(R"(<nic><net name="a" speed=")") + speed + "\" latency=\"" + latency + "\"/></nic>")));
    return links.back();
  };
  EXPECT_EQ(link("400000", "0"), "host0/a - network network 50.000");
  EXPECT_EQ(link("-1", "2.25"), "host0/a - network network 2.25us");
  for (const char* speed : {"-1", "0", "", "200000000", "10000000", "fast", "nan"})
    EXPECT_EQ(link(speed, "-1"), "host0/a - network network") << speed;
}

TEST(NcclXml, EachWayOfAPairIsSaidByTheGpuThatItLeaves) {
  const auto xgmi = [](const char* a, const char* b) {
    return links_of(
        read(in_cpu(std::string(R"(<pci busid="0000:01:00.0"><gpu dev="0" gcn="908">)") + a +
                    R"(</gpu></pci><pci busid="0000:02:00.0"><gpu dev="1" gcn="908">)" + b + "</gpu></pci>")));
  };
  const std::string one = R"(<xgmi target="0000:02:00.0" count="1"/>)",
                    two = R"(<xgmi target="0000:01:00.0" count="2"/>)";
  const std::string link = "host0/gpu0 - host0/gpu1 xgmi";
  EXPECT_EQ(xgmi(one.c_str(), "").back(), link + " 1 links 46.000/0.000");
  EXPECT_EQ(xgmi(one.c_str(), two.c_str()).back(), link + " 46.000/92.000");
  EXPECT_EQ(xgmi("", two.c_str()).back(), "host0/gpu1 - host0/gpu0 xgmi 2 links 92.000/0.000");
  EXPECT_EQ(xgmi((one + one).c_str(), two.c_str()).size(), 4u);
  const std::string none = R"(<xgmi target="0000:02:00.0" count="0"/><xgmi target="0000:01:00.0" count="1"/>)";
  EXPECT_EQ(xgmi(none.c_str(), "").size(), 2u) << "0 links, and a GPU's own address, are no links";
  EXPECT_EQ(xgmi(R"(<xgmi target="0000:02:00.0" count="-1"/>)", "").back(), link + " ?/0.000");
}

TEST(NcclXml, RatesOfLinksFollowTheGpu) {
  const auto rate = [](const std::string& gpu, const std::string& tag, const std::string& count) {
    const Topology topology =
        read(in_cpu(R"(<pci busid="0000:01:00.0"><gpu )" + gpu + "><" + tag +
                    R"( target="0000:02:00.0" tclass="0x068000" count=")" + count + "\"/></gpu></pci>"));
    return topology.links()[1].declared.forward_gbs;
  };
  EXPECT_EQ(rate("sm=\"60\"", "nvlink", "4"), Figure(80));
  EXPECT_EQ(rate("sm=\"70\"", "nvlink", "6"), Figure(150));
  EXPECT_EQ(rate("sm=\"80\"", "nvlink", "12"), Figure(300));
  EXPECT_EQ(rate("sm=\"86\"", "nvlink", "4"), Figure(56.25));
  EXPECT_EQ(rate("sm=\"90\"", "nvlink", "18"), Figure(450));
  EXPECT_EQ(rate("sm=\"103\"", "nvlink", "18"), Figure(900));
  EXPECT_EQ(rate("sm=\"37\"", "nvlink", "4"), Figure());
  EXPECT_EQ(rate("", "nvlink", "4"), Figure());
  EXPECT_EQ(rate("gcn=\"906\"", "xgmi", "1"), Figure(46));
  EXPECT_EQ(rate("gcn=\"910\"", "xgmi", "4"), Figure(200));
  EXPECT_EQ(rate("gcn=\"gfx90a\"", "xgmi", "1"), Figure(50));
  EXPECT_EQ(rate("gcn=\"gfx942\"", "xgmi", "1"), Figure(64));
  EXPECT_EQ(rate("gcn=\"1100\"", "xgmi", "1"), Figure());
}

TEST(NcclXml, HostsShareAnNvlinkDomainOfNoTrueAddress) {
  const Topology topology = read(two_trays);
  EXPECT_THAT(
      nodes_of(topology),
      ElementsAre("host0 host 0xa1", "host0/numa0 numa 0 in host0", "host0/gpu0 gpu 0 0008:06:00.0 in host0/numa0",
                  "host1 host 0xb2", "host1/numa0 numa 0 in host1", "host1/gpu0 gpu 0 0008:06:00.0 in host1/numa0",
                  "host0/numa1 numa 1 in host0", "nvswitch0 nvswitch 0 fffffff:ff:ff.0"));
  EXPECT_THAT(links_of(topology),
              ElementsAre("host0/numa0 - host0/gpu0 pcie", "host1/numa0 - host1/gpu0 pcie",
                          "host0/gpu0 - nvswitch0 nvlink 18 links 900.000",
                          "host1/gpu0 - nvswitch0 nvlink 18 links 900.000", "host0/numa0 - host0/numa1 memory"));
  EXPECT_EQ(read(write(topology)), topology);
}

TEST(NcclXml, NetsOfOneAdapterAreItsPorts) {
  const std::string inside =
      R"(<nic><net name="eth0" dev="0" speed="8000"/><net name="eth0" dev="1" speed="16000"/><net name="a/b"/></nic>)";
  const Topology topology = read(in_cpu(inside));
  EXPECT_THAT(nodes_of(topology),
              ElementsAre("host0 host", "host0/numa0 numa 0 in host0", "host0/nic nic in host0/numa0",
                          "host0/eth0 port 0 in host0/nic", "network network-switch",
                          "host0/eth0#2 port 1 in host0/nic", "host0/port port in host0/nic"));
  EXPECT_THAT(links_of(topology),
              ElementsAre("host0/numa0 - host0/nic other", "host0/nic - host0/eth0 other 1.000",
                          "host0/eth0 - network network 1.000", "host0/nic - host0/eth0#2 other 2.000",
                          "host0/eth0#2 - network network 2.000", "host0/nic - host0/port other",
                          "host0/port - network network"));
  EXPECT_EQ(read(write(topology)), topology);
}

TEST(NcclXml, OneHostHasItsNvswitchesInside) {
  std::string one(two_trays.substr(0, two_trays.find("<cpu host_hash=\"0xb2\"")));
  const Topology topology = read(one + "</system>");
  EXPECT_EQ(nodes_of(topology).back(), "host0/nvswitch0 nvswitch 0 fffffff:ff:ff.0 in host0");
}

TEST(NcclXml, NvlinksLeadToProcessorsToo) {
  const std::string power = in_cpu(R"(<pci busid="0004:04:00.0"><gpu dev="0" sm="70">
<nvlink target="0004:00:00.0" count="3" tclass="0x068001"/></gpu></pci>)");
  EXPECT_EQ(links_of(read(power)).back(), "host0/gpu0 - host0/numa0 nvlink 3 links 75.000");
  EXPECT_THAT(write(read(power)), HasSubstr(R"(<nvlink target="0004:00:00.0" count="3" tclass="0x068001" />)"));
}

}  // namespace
}  // namespace treering::topology
