// What --check finds of how hosts are set up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <tuple>

#include "tools/topo/check.hpp"
#include "tools/topo/words.hpp"
#include "topo_samples.hpp"
#include "topo_tool.hpp"
#include "topology/settings.hpp"

namespace treering::topo {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

/// Two hosts of two domains, four cores, two GPUs and an adapter; attributes are the first's.
class Cluster {
 public:
  Cluster& of_host(const char* origin, const char* name, const char* value) {
    return add("host0", origin, name, value);
  }
  Cluster& setting(const char* name, const char* value) { return of_host(topology::settings_origin, name, value); }
  Cluster& device(const std::string& name, const char* origin, const char* fact, const char* value) {
    return add("host0/" + name, origin, fact, value);
  }
  Cluster& rdma() { return device("nic0", topology::rdma_origin, "name", "mlx5_0"); }
  Cluster& acs(const std::string& name, const char* value) {
    return device(name, topology::pci_origin, topology::acs_name, value);
  }
  Cluster& iommu(const std::string& name, const char* value) {
    return device(name, topology::pci_origin, topology::iommu_name, value);
  }

  Topology made() const {
    TopologyBuilder builder(typed("2 hosts x (2 numa, 4 core, 2 gpu pcie5, 1 nic 50GB/s)"));
    for (const auto& [node, origin, name, value] : attributes_)
      builder.annotate_node(builder.find(node), {origin, name, value});
    return built(std::move(builder));
  }
  std::vector<std::string> found() const { return messages(true); }
  std::vector<std::string> messages(bool wrong) const {
    std::vector<std::string> texts;
    for (const Finding& finding : findings(made()))
      if (is_wrong(finding) == wrong) texts.push_back(finding.message);
    return texts;
  }

 private:
  Cluster& add(std::string node, const char* origin, const char* name, const char* value) {
    attributes_.push_back({std::move(node), origin, name, value});
    return *this;
  }
  std::vector<std::array<std::string, 4>> attributes_;
};

TEST(TopoSettings, FindLittleLockedMemoryWhereThereIsRdma) {
  const auto found = [](const char* memlock) {
    return Cluster()
        .rdma()
        .setting(topology::memory_name, "68719476736")
        .setting(topology::memlock_name, memlock)
        .found();
  };
  EXPECT_THAT(found("8388608"), ElementsAre(MatchesRegex(
                                    "a process on host0 may lock 8 MiB of memory [(]RDMA locks all that it sends and "
                                    "receives; of 64 GiB for 4 cores that is 16 GiB each[)] set memlock to .*")));
  EXPECT_THAT(found("17179869183"), testing::SizeIs(1));
  EXPECT_THAT(found("17179869184"), IsEmpty()) << "its share of the memory";
  EXPECT_THAT(found("unlimited"), IsEmpty());
  EXPECT_THAT(Cluster().setting(topology::memlock_name, "65536").found(), IsEmpty()) << "nothing does RDMA here";
  EXPECT_THAT(Cluster().rdma().setting(topology::memlock_name, "0").found(),
              ElementsAre(StartsWith("a process on host0 may lock 0 B of memory (RDMA locks all that it sends and "
                                     "receives) set memlock")));
}

TEST(TopoSettings, FindLittleSharedMemory) {
  EXPECT_THAT(Cluster().setting(topology::shm_name, "16777216").found(), IsEmpty()) << "8 MiB for each of 2 GPUs";
  EXPECT_THAT(Cluster().setting(topology::shm_name, "16777215").found(),
              ElementsAre(AllOf(StartsWith("/dev/shm of host0 holds 16 MiB (NCCL puts some 8 MiB a rank there, which "
                                           "for a rank on each of 2 GPUs is 16 MiB; Treering needs none) mount"),
                                HasSubstr("--shm-size=16777216"))));
  const auto left = [](const char* bytes) {
    return Cluster().setting(topology::shm_name, "1073741824").setting(topology::shm_free_name, bytes).found();
  };
  EXPECT_THAT(left("16777216"), IsEmpty());
  EXPECT_THAT(left("4096"), ElementsAre(StartsWith("/dev/shm of host0 has 4 KiB left of 1 GiB (")));
  EXPECT_THAT(left("0"), ElementsAre(StartsWith("/dev/shm of host0 has 0 B left of 1 GiB (")));
}

/// MPI finds another way, and memory that moves holds nothing up for long.
TEST(TopoSettings, NoteWhatStopsNobody) {
  const auto notes = [](const Cluster& cluster) { return cluster.messages(false); };
  EXPECT_THAT(notes(Cluster().setting(topology::shm_name, "33554432")), IsEmpty()) << "8 MiB for each of 4 cores";
  EXPECT_THAT(notes(Cluster().setting(topology::shm_name, "33554431")),
              ElementsAre(StartsWith("/dev/shm of host0 holds 32 MiB (NCCL and MPI put some 8 MiB a rank there, which "
                                     "for a rank on each of 4 cores is 32 MiB; Treering needs none) mount")));
  EXPECT_THAT(notes(Cluster().setting(topology::balancing_name, "1")),
              ElementsAre(StartsWith("host0 moves memory between its 2 NUMA domains (kernel.numa_balancing is 1: ")));
  EXPECT_THAT(notes(Cluster().setting(topology::balancing_name, "0")), IsEmpty());
  TopologyBuilder one(typed("1 host x (1 numa, 4 core)"));
  one.annotate_node(0, {topology::settings_origin, topology::balancing_name, "1"});
  EXPECT_THAT(findings(built(std::move(one))), IsEmpty());
  const Topology noted = Cluster().setting(topology::balancing_name, "1").made();
  EXPECT_THAT(findings_text(noted, findings(noted), Paint(false)),
              AllOf(StartsWith("nothing looks wrong ("),
                    HasSubstr("\nNot wrong, but worth knowing (1)\n  host0 moves "), HasSubstr("\n0 findings\n")));
}

TEST(TopoSettings, FindFewOpenFiles) {
  // Two hosts of two GPUs: four ranks, and 64 of a process's own. Cores are more.
  EXPECT_THAT(Cluster().setting(topology::files_name, "68").messages(false), IsEmpty());
  EXPECT_THAT(Cluster().setting(topology::files_name, "68").found(), IsEmpty());
  EXPECT_THAT(Cluster().setting(topology::files_name, "unlimited").found(), IsEmpty());
  EXPECT_THAT(Cluster().setting(topology::files_name, "67").found(),
              ElementsAre(AllOf(StartsWith("a process on host0 may open 67 files (one that talks to each rank of a job "
                                           "on all 4 GPUs takes a socket for each, and some more) set nofile"),
                                HasSubstr("nofile=128"))));
}

/// A job on cores seldom has all of them, but it may have those of one host.
TEST(TopoSettings, NoteFewOpenFilesForCores) {
  const auto messages = [](const char* limit, bool wrong) {
    TopologyBuilder builder(typed("2 hosts x (4 core)"));
    builder.annotate_node(builder.find("host1"), {topology::settings_origin, topology::files_name, limit});
    std::vector<std::string> texts;
    for (const Finding& finding : findings(built(std::move(builder))))
      if (is_wrong(finding) == wrong) texts.push_back(finding.message);
    return texts;
  };
  const auto of_8_cores = ElementsAre(HasSubstr(" files (one that talks to each rank of a job on all 8 cores takes "));
  EXPECT_THAT(messages("72", false), IsEmpty());
  EXPECT_THAT(messages("71", false), of_8_cores);
  EXPECT_THAT(messages("68", true), IsEmpty());
  EXPECT_THAT(messages("67", true), of_8_cores);
  EXPECT_THAT(messages("67", false), IsEmpty());
}

/// Four hosts with an interface each, of which the last is another.
class Interfaces {
 public:
  explicit Interfaces(int hosts = 4) : hosts_(hosts) {}
  Interfaces& on(int host, const char* name, const char* value) {
    changed_.push_back({host, {topology::interface_origin, name, value}});
    return *this;
  }
  std::vector<Finding> found() const {
    TopologyBuilder builder(typed(std::to_string(hosts_) + " hosts x (1 core, 1 nic 50GB/s)"));
    for (int host = 0; host < hosts_; ++host) {
      const auto node = builder.find("host" + std::to_string(host) + "/nic0");
      std::map<std::string, std::string> facts{
          {topology::interface_name, "eth0"}, {topology::state_name, "up"}, {topology::mtu_name, "9000"}};
      for (const auto& [of, fact] : changed_)
        if (of == host) facts[std::string(fact.name)] = std::string(fact.value);
      for (const auto& [name, value] : facts) builder.annotate_node(node, {topology::interface_origin, name, value});
    }
    return findings(built(std::move(builder)));
  }
  std::vector<std::string> messages(bool wrong = true) const {
    std::vector<std::string> texts;
    for (const Finding& finding : found())
      if (is_wrong(finding) == wrong) texts.push_back(finding.message);
    return texts;
  }

 private:
  int hosts_;
  std::vector<std::pair<int, topology::Attribute>> changed_;
};

TEST(TopoInterfaces, FindThoseThatAreDownWhereOthersAreUp) {
  EXPECT_THAT(Interfaces().found(), IsEmpty());
  EXPECT_THAT(Interfaces().on(2, topology::state_name, "down").messages(),
              ElementsAre("eth0 of host2 is down (that of 3 of 4 hosts is up)"));
  EXPECT_THAT(Interfaces().on(2, topology::state_name, "down").on(2, topology::carrier_name, "no").messages(),
              ElementsAre("eth0 of host2 has no carrier (that of 3 of 4 hosts is up)"));
  EXPECT_THAT(Interfaces(2).on(1, topology::state_name, "down").messages(), IsEmpty());
  EXPECT_THAT(Interfaces(2).on(1, topology::state_name, "down").messages(false),
              ElementsAre("eth0 of host1 is down (no data goes that way)"));
  const auto member = Interfaces(2).on(1, topology::state_name, "down").on(1, topology::master_name, "bond0");
  EXPECT_THAT(Interfaces(member).on(1, topology::master_kind_name, "bond").messages(),
              ElementsAre("eth0 of host1 is down (it belongs to bond0, which lacks it)"));
  EXPECT_THAT(member.messages(), IsEmpty()) << "a VRF lacks nothing";
}

TEST(TopoInterfaces, OfUnknownStateAreUpUnlessTheyLackACarrier) {
  const auto unknown = Interfaces().on(2, topology::state_name, "unknown");
  EXPECT_THAT(unknown.found(), IsEmpty());
  EXPECT_THAT(Interfaces(unknown).on(2, topology::carrier_name, "no").messages(),
              ElementsAre("eth0 of host2 has no carrier (that of 3 of 4 hosts is up)"));
}

/// Eight hosts, of which the even ones call theirs eth1.
TEST(TopoInterfaces, AreCountedByName) {
  Interfaces interfaces(8);
  for (int host = 0; host < 8; host += 2) interfaces.on(host, topology::interface_name, "eth1");
  interfaces.on(2, topology::state_name, "down").on(3, topology::state_name, "down");
  interfaces.on(5, topology::state_name, "down");
  EXPECT_THAT(interfaces.messages(), ElementsAre("eth1 of host2 is down (that of 3 of 4 hosts is up)"));
  EXPECT_THAT(interfaces.messages(false), ElementsAre("eth0 of host3 is down (no data goes that way)",
                                                      "eth0 of host5 is down (no data goes that way)"));
}

TEST(TopoInterfaces, FindPacketsOfAnotherSize) {
  EXPECT_THAT(Interfaces().on(1, topology::mtu_name, "1500").messages(),
              ElementsAre(StartsWith("eth0 of host1 takes packets of 1500 bytes (on other hosts 9000: ")));
  EXPECT_THAT(Interfaces(2).on(0, topology::mtu_name, "1500").messages(), testing::SizeIs(1));
  EXPECT_THAT(Interfaces().on(1, topology::mtu_name, "1500").on(1, topology::state_name, "down").messages(),
              testing::SizeIs(1))
      << "only that it is down";
  EXPECT_THAT(Interfaces().on(1, topology::interface_name, "eth1").on(1, topology::mtu_name, "1500").messages(),
              IsEmpty())
      << "nobody is like it";
}

/// Of a host whose two interfaces have one master.
std::vector<Finding> found_of_members(const char* master, const char* kind) {
  TopologyBuilder builder(typed("1 host x (1 core, 2 nic 50GB/s)"));
  for (const auto& [nic, name, mtu] : {std::tuple("nic0", "eth0", "9000"), {"nic1", "eth1", "1500"}})
    for (const auto& [fact, value] : {std::pair(topology::interface_name, name),
                                      {topology::state_name, "up"},
                                      {topology::master_name, master},
                                      {topology::master_kind_name, kind},
                                      {topology::mtu_name, mtu}})
      if (*value)
        builder.annotate_node(builder.find(std::string("host0/") + nic), {topology::interface_origin, fact, value});
  return findings(built(std::move(builder)));
}

TEST(TopoInterfaces, FindMembersOfABondThatDiffer) {
  const auto found = found_of_members("br0", "bridge");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].message, StartsWith("members of br0 of host0 take packets of different sizes (MTU of eth0 9000, "
                                           "eth1 1500: "));
  EXPECT_THAT(found_of_members("ovs-system", ""), IsEmpty()) << "ports of any bridges of Open vSwitch";
}

TEST(TopoSettings, FindBridgesThatRedirectWhatDevicesSendOneAnother) {
  const auto found =
      Cluster().rdma().acs("gpu0", "0000:00:01.0 0000:02:04.0").acs("gpu1", "off").acs("nic0", "0000:00:01.0").found();
  EXPECT_THAT(found,
              ElementsAre(StartsWith("PCIe bridges send up to the processor what goes from gpu0, nic0 of host0 to "
                                     "neighbours (access control services are on at 0000:00:01.0, 0000:02:04.0) "
                                     "setpci -s 0000:00:01.0 ECAP_ACS+6.w=0:2c")));
  EXPECT_THAT(Cluster().acs("gpu0", "off").acs("nic0", "unknown").found(), IsEmpty());
  TopologyBuilder alone(typed("1 host x (1 core, 2 nic 50GB/s)"));
  alone.annotate_node(alone.find("host0/nic0"), {topology::pci_origin, topology::acs_name, "0000:00:01.0"});
  EXPECT_THAT(findings(built(std::move(alone))), IsEmpty()) << "adapters send one another nothing";
}

/// Of a host whose GPUs of these models are below a bridge that redirects, and have their addresses translated.
std::vector<std::string> found_of_peers(const std::vector<std::string>& gpus, bool has_rdma) {
  TopologyBuilder builder(typed("1 host x (4 core, 1 nic 50GB/s)"));
  const NodeIndex host = builder.find("host0"), nic = builder.find("host0/nic0");
  for (const std::string& model : gpus) {
    const std::string name = "gpu" + std::to_string(&model - gpus.data());
    const NodeIndex gpu = builder.add(Node{.kind = NodeKind::gpu, .parent = host, .name = name, .model = model});
    builder.add(topology::Link{.from = host, .to = gpu, .type = topology::LinkType::pcie});
    builder.annotate_node(gpu, {topology::pci_origin, topology::iommu_name, "DMA"});
    builder.annotate_node(gpu, {topology::pci_origin, topology::acs_name, "0000:00:01.0"});
  }
  if (has_rdma) builder.annotate_node(nic, {topology::rdma_origin, "name", "mlx5_0"});
  std::vector<std::string> texts;
  for (const Finding& finding : findings(built(std::move(builder))))
    if (finding.kind == Finding::Kind::setting) texts.push_back(finding.message);
  return texts;
}

TEST(TopoSettings, AreNoMatterWhereNoDevicesAreAlike) {
  const auto both = ElementsAre(StartsWith("PCIe bridges send up to the processor what goes from gpu0"),
                                StartsWith("the IOMMU of host0 translates addresses of gpu0"));
  EXPECT_THAT(found_of_peers({"RTX 4060"}, false), IsEmpty()) << "a wireless adapter reaches no GPU";
  EXPECT_THAT(found_of_peers({"Phoenix1", "RTX 4060"}, false), IsEmpty()) << "the processor's display is no peer";
  EXPECT_THAT(found_of_peers({"A100", "A100"}, false), both);
  EXPECT_THAT(found_of_peers({"A100"}, true), both);
}

TEST(TopoSettings, SayWhatOnlyRootIsTold) {
  const auto text = [](const Cluster& cluster) {
    return findings_text(cluster.made(), findings(cluster.made()), Paint(false));
  };
  EXPECT_THAT(text(Cluster().rdma().acs("gpu0", "unknown").acs("nic0", "unknown")),
              AllOf(StartsWith("nothing looks wrong ("),
                    HasSubstr("\nnot looked at: PCIe access control services above 2 devices (root alone")));
  EXPECT_THAT(text(Cluster().setting(topology::files_name, "1").acs("gpu0", "unknown")),
              HasSubstr("1 finding\nnot looked at: PCIe access control services above 1 device ("));
  EXPECT_THAT(text(Cluster().acs("gpu0", "off")), Not(HasSubstr("not looked at")));
}

TEST(TopoSettings, FindDevicesWhoseAddressesAreTranslated) {
  EXPECT_THAT(Cluster().iommu("gpu0", "DMA-FQ").iommu("gpu1", "identity").iommu("nic0", "DMA").found(),
              ElementsAre(StartsWith("the IOMMU of host0 translates addresses of gpu0 (DMA-FQ: ")))
      << "the adapter does no RDMA";
  EXPECT_THAT(Cluster().rdma().iommu("gpu0", "DMA-FQ").iommu("nic0", "DMA").found(),
              ElementsAre(StartsWith("the IOMMU of host0 translates addresses of gpu0, nic0 (DMA, DMA-FQ: ")));
  EXPECT_THAT(Cluster().rdma().iommu("nic0", "identity").found(), IsEmpty());
}

TEST(TopoSettings, FindGpusThatAdaptersDoNotReach) {
  const auto found = [](const char* peermem, const char* dma_buf, bool has_rdma = true) {
    Cluster cluster;
    if (has_rdma) cluster.rdma();
    return cluster.of_host(topology::gpudirect_origin, topology::peermem_name, peermem)
        .of_host(topology::gpudirect_origin, topology::dma_buf_name, dma_buf)
        .found();
  };
  EXPECT_THAT(
      found("not loaded", "no: takes Linux 5.12"),
      ElementsAre(StartsWith("adapters of host0 do not reach the memory of its GPUs (peermem is not loaded, and "
                             "dma-buf takes Linux 5.12; ")));
  EXPECT_THAT(found("nvidia_peermem", "no: takes Linux 5.12"), IsEmpty());
  EXPECT_THAT(found("not loaded", "possible"), IsEmpty());
  EXPECT_THAT(found("not loaded", "no: takes Linux 5.12", false), IsEmpty());
}

TEST(TopoSettings, FindPortsWithoutAnAddressOfRoceV2) {
  const auto port = [](const char* state, const char* layer, const char* gid) {
    const char* origin = topology::rdma_port_origin;
    return Cluster()
        .device("nic0", origin, "state", state)
        .device("nic0", origin, "link_layer", layer)
        .device("nic0", origin, "gid 1", gid)
        .found();
  };
  const auto of_kind = [&](const char* type) {
    const char* origin = topology::rdma_port_origin;
    return Cluster()
        .device("nic0", topology::rdma_origin, topology::node_type_name, type)
        .device("nic0", origin, "state", "4: ACTIVE")
        .device("nic0", origin, "link_layer", "Ethernet")
        .device("nic0", origin, "gid 0", "fe80::1 IB/RoCE v1")
        .found();
  };
  EXPECT_THAT(of_kind("4: RNIC"), IsEmpty()) << "iWARP";
  EXPECT_THAT(of_kind("1: CA"), testing::SizeIs(1));
  const char *v1 = "fe80::1 IB/RoCE v1", *v2 = "fe80::1 RoCE v2";
  EXPECT_THAT(port("4: ACTIVE", "Ethernet", v1), ElementsAre(StartsWith("host0/nic0 has no address of RoCE v2 (")));
  EXPECT_THAT(port("4: ACTIVE", "Ethernet", v2), IsEmpty());
  EXPECT_THAT(port("1: DOWN", "Ethernet", v1), IsEmpty());
  EXPECT_THAT(port("4: ACTIVE", "InfiniBand", v1), IsEmpty());
}

TEST(TopoSettings, AreShownInLinesThatFit) {
  const Topology wrong = Cluster()
                             .rdma()
                             .setting(topology::memory_name, "68719476736")
                             .setting(topology::memlock_name, "65536")
                             .setting(topology::shm_name, "65536")
                             .setting(topology::balancing_name, "1")
                             .setting(topology::files_name, "64")
                             .acs("gpu0", "0000:00:01.0")
                             .iommu("gpu0", "DMA-FQ")
                             .made();
  const std::string text = findings_text(wrong, findings(wrong), Paint(false));
  EXPECT_THAT(text,
              HasSubstr("\nHosts that stop jobs or hold them up (5)\n  a process on host0 may lock 64 KiB of memory\n"
                        "    (RDMA locks "));
  EXPECT_LE(shown_width(text), most_columns) << text;
}

class TopoSettingsOfFiles : public TopoTool {};

TEST_F(TopoSettingsOfFiles, AreFoundInThoseOfMergedHosts) {
  const std::string cluster = file("cluster.json", Cluster().setting(topology::balancing_name, "2").made());
  const auto ran = run("--input " + cluster + " --check");
  EXPECT_EQ(0, ran.status) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("host0 moves memory between its 2 NUMA domains\n    (kernel.numa_balancing is 2: "));
}

}  // namespace
}  // namespace treering::topo
