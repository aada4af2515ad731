// Clouds and GPUDirect RDMA, from trees of files that other machines would show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery_fake_system.hpp"
#include "discovery_lines.hpp"
#include "topology/discovery/discover.hpp"
#include "topology/discovery/platform.hpp"
#include "topology/names.hpp"

namespace treering::topology {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* open_module =
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  535.104.05\nGCC version:\n";
constexpr const char* closed_module = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05\nGCC version:\n";

std::vector<HostFact> facts_with_dmi(const FakeSystem::Files& files) {
  FakeSystem system;
  system.write_all("sys/class/dmi/id", files);
  return cloud_facts(SystemFiles(system.root()));
}

TEST(Cloud, IsKnownByWhatItsFirmwareSays) {
  EXPECT_THAT(facts_with_dmi({{"sys_vendor", "Amazon EC2\n"}, {"product_name", "p5.48xlarge\n"}}),
              ElementsAre(HostFact{"cloud", "provider", "aws"}, HostFact{"cloud", "instance_type", "p5.48xlarge"}));
  EXPECT_THAT(facts_with_dmi({{"sys_vendor", "Google\n"}, {"product_name", "Google Compute Engine\n"}}),
              ElementsAre(HostFact{"cloud", "provider", "gcp"}));
  EXPECT_THAT(facts_with_dmi({{"sys_vendor", "Microsoft Corporation\n"},
                              {"product_name", "Virtual Machine\n"},
                              {"chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n"}}),
              ElementsAre(HostFact{"cloud", "provider", "azure"}));
  EXPECT_THAT(facts_with_dmi({{"sys_vendor", "QEMU\n"}, {"chassis_asset_tag", "OracleCloud.com\n"}}),
              ElementsAre(HostFact{"cloud", "provider", "oci"}));
}

TEST(Cloud, IsNotAnyVirtualMachine) {
  EXPECT_THAT(facts_with_dmi({}), IsEmpty());
  EXPECT_THAT(facts_with_dmi({{"sys_vendor", "Microsoft Corporation\n"}, {"product_name", "Virtual Machine\n"}}),
              IsEmpty());
  EXPECT_THAT(facts_with_dmi({{"sys_vendor", "Amazon EC2 look-alike\n"}, {"product_name", "p5.48xlarge\n"}}),
              IsEmpty());
}

std::vector<HostFact> facts_with(const FakeSystem::Files& files) {
  FakeSystem system;
  system.write_all(".", files);
  return gpudirect_facts(SystemFiles(system.root()));
}

TEST(GpuDirect, IsPossibleByPeermemOrDmaBuf) {
  EXPECT_THAT(facts_with({{"sys/module/nvidia/version", "535\n"},
                          {"sys/module/nvidia_peermem/version", "535\n"},
                          {"proc/driver/nvidia/version", closed_module},
                          {"proc/sys/kernel/osrelease", "5.15.0-91-generic\n"}}),
              ElementsAre(HostFact{"gpudirect", "peermem", "nvidia_peermem"},
                          HostFact{"gpudirect", "dma_buf", "no: takes NVIDIA's open kernel modules"}));
  EXPECT_THAT(
      facts_with({{"sys/module/nvidia/version", "535\n"},
                  {"sys/module/nv_peer_mem/version", "1\n"},
                  {"proc/driver/nvidia/version", open_module},
                  {"proc/sys/kernel/osrelease", "5.12.0\n"}}),
      ElementsAre(HostFact{"gpudirect", "peermem", "nv_peer_mem"}, HostFact{"gpudirect", "dma_buf", "possible"}));
}

TEST(GpuDirect, DmaBufTakesANewKernel) {
  const auto of = [](const char* release) {
    return facts_with({{"sys/module/nvidia/version", "535\n"},
                       {"proc/driver/nvidia/version", open_module},
                       {"proc/sys/kernel/osrelease", release}})
        .at(1)
        .value;
  };
  EXPECT_EQ(of("6.1.0-13-amd64\n"), "possible");
  EXPECT_EQ(of("5.4.0-150-generic\n"), "no: takes Linux 5.12");
  EXPECT_EQ(of("4.18.0-513.el8.x86_64\n"), "no: takes Linux 5.12");
  EXPECT_EQ(of("?\n"), "unknown: the kernel does not tell its version");
}

TEST(GpuDirect, TellsTheIommu) {
  FakeSystem system;
  system.write("sys/module/nvidia/version", "535\n");
  const auto iommu = [&] {
    const std::vector<HostFact> facts = gpudirect_facts(SystemFiles(system.root()));
    return facts.size() < 2 ? "" : facts[1].value;
  };
  EXPECT_EQ(iommu(), "");
  std::filesystem::create_directories(system.root() + "/sys/kernel/iommu_groups");
  EXPECT_EQ(iommu(), "off");
  system.write("sys/kernel/iommu_groups/0/type", "identity\n");
  system.write("sys/kernel/iommu_groups/17/type", "DMA-FQ\n");
  system.write("sys/kernel/iommu_groups/18/type", "identity\n");
  EXPECT_EQ(iommu(), "DMA-FQ, identity");
}

TEST(GpuDirect, IsNotTalkedOfWithoutTheDriver) {
  EXPECT_THAT(facts_with({{"sys/kernel/iommu_groups/0/type", "identity\n"}, {"sys/module/nv_peer_mem/version", "1\n"}}),
              IsEmpty());
}

/// Of all of them, the one of that name; empty where there is none.
std::string setting(const std::string& root, const std::string& name) {
  for (const HostFact& fact : setting_facts(SystemFiles(root)))
    if (fact.name == name) return fact.value;
  return "";
}

TEST(Settings, AreThoseOfLimitsAndMemory) {
  FakeSystem system;
  EXPECT_THAT(setting_facts(SystemFiles(system.root())), IsEmpty());
  system.write("proc/meminfo", "MemTotal:       131899128 kB\nMemFree:  7 kB\n");
  system.write("proc/self/limits",
               "Limit                     Soft Limit           Hard Limit           Units     \n"
               "Max open files            1024                 1048576              files     \n"
               "Max locked memory         8388608              unlimited            bytes     \n");
  system.write("proc/sys/kernel/numa_balancing", "1\n");
  EXPECT_THAT(
      setting_facts(SystemFiles(system.root())),
      ElementsAre(HostFact{"linux.settings", "memory", "135064707072"},
                  HostFact{"linux.settings", "memlock", "8388608"}, HostFact{"linux.settings", "open_files", "1048576"},
                  HostFact{"linux.settings", "numa_balancing", "1"}));
  system.write("proc/self/limits", "Max locked memory         unlimited            unlimited            bytes\n");
  EXPECT_EQ(setting(system.root(), "memlock"), "unlimited");
  system.write("proc/self/limits", "Max locked memory         0                    0                    bytes\n");
  EXPECT_EQ(setting(system.root(), "memlock"), "0");
  system.write("proc/self/status", "Name:\tx\nCapEff:\t000001ffffffbfff\n");  // all but CAP_IPC_LOCK
  EXPECT_EQ(setting(system.root(), "memlock"), "0");
  system.write("proc/self/status", "Name:\tx\nCapEff:\t0000000000004000\n");
  EXPECT_EQ(setting(system.root(), "memlock"), "unlimited");
  system.write("proc/self/status", "");
  for (const char* nonsense : {"", "Max locked memory", "Max locked memory\n", "Max locked memory   ?? 1\n"}) {
    system.write("proc/self/limits", nonsense);
    EXPECT_EQ(setting(system.root(), "memlock"), "") << nonsense;
  }
}

TEST(Settings, TellWhatSharedMemoryMayHold) {
  FakeSystem system;
  EXPECT_EQ(setting(system.root(), "dev_shm"), "");
  std::filesystem::create_directories(system.root() + "/dev/shm");
  EXPECT_EQ(setting(system.root(), "dev_shm"), "") << "a copy lies on a file system of this host";
  std::error_code none;
  const auto space = std::filesystem::space("/dev/shm", none);
  if (none) GTEST_SKIP() << "this host has no /dev/shm";
  EXPECT_EQ(setting("/", "dev_shm"), std::to_string(space.capacity));
  EXPECT_EQ(setting("/", "dev_shm_free").empty(), space.available >= space.capacity / 2);
}

/// The configuration space of a bridge with three extended capabilities, the last of which is ACS.
std::string bridge_config(unsigned char control, std::size_t bytes = 4096) {
  std::string config(4096, '\0');
  const auto capability = [&](std::size_t at, unsigned id, std::size_t next) {
    config[at] = static_cast<char>(id);
    config[at + 2] = static_cast<char>(1 | (next << 4 & 0xf0));
    config[at + 3] = static_cast<char>(next >> 4);
  };
  capability(0x100, 0x01, 0x148);
  capability(0x148, 0x19, 0x220);
  capability(0x220, 0x0d, 0);
  config[0x226] = static_cast<char>(control);
  return config.substr(0, bytes);
}

/// gpu 03:00.0 below bridges 00:01.0 and 02:04.0; adapter 81:00.0 below 80:01.0.
class PciTree : public ::testing::Test {
 protected:
  PciTree() {
    put("0000:03:00.0", "pci0000:00/0000:00:01.0/0000:02:04.0/0000:03:00.0", "0x030200", bridge_config(0x3f));
    put("0000:81:00.0", "pci0000:80/0000:80:01.0/0000:81:00.0", "0x020700", "");
    put("0000:05:00.0", "pci0000:00/0000:00:01.0/0000:05:00.0", "0x010802", "");
    bridge("0000:00:01.0", "pci0000:00/0000:00:01.0", bridge_config(0));
    bridge("0000:02:04.0", "pci0000:00/0000:00:01.0/0000:02:04.0", bridge_config(0));
    bridge("0000:80:01.0", "pci0000:80/0000:80:01.0", bridge_config(0));
  }

  void bridge(const std::string& address, const std::string& place, const std::string& config) {
    put(address, place, "0x060400", config);
  }
  void put(const std::string& address, const std::string& place, const std::string& kind, const std::string& config) {
    system_.write_all("sys/devices/" + place, {{"class", kind + "\n"}, {"config", config}});
    std::filesystem::create_directories(system_.root() + "/sys/bus/pci/devices");
    const std::filesystem::path link = system_.root() + "/sys/bus/pci/devices/" + address;
    if (!std::filesystem::is_symlink(link))
      std::filesystem::create_directory_symlink("../../../devices/" + place, link);
  }
  /// "03:00.0 acs off", and so on.
  std::vector<std::string> facts() const {
    std::vector<std::string> lines;
    for (const auto& [device, fact] : pci_facts(SystemFiles(system_.root())))
      lines.push_back(text_of(device).substr(5) + " " + fact.name + " " + fact.value);
    return lines;
  }
  FakeSystem system_;
};

TEST_F(PciTree, OfGpusAndAdaptersTellsWhichBridgesAboveThemRedirect) {
  EXPECT_THAT(facts(), ElementsAre("03:00.0 acs off", "81:00.0 acs off")) << "the device itself is no bridge";
  bridge("0000:02:04.0", "pci0000:00/0000:00:01.0/0000:02:04.0", bridge_config(0x1d));
  EXPECT_THAT(facts(), ElementsAre("03:00.0 acs 0000:02:04.0", "81:00.0 acs off"));
  for (const int redirecting : {0x04, 0x08, 0x20}) {
    bridge("0000:00:01.0", "pci0000:00/0000:00:01.0", bridge_config(static_cast<unsigned char>(redirecting)));
    EXPECT_THAT(facts(), ElementsAre("03:00.0 acs 0000:00:01.0 0000:02:04.0", "81:00.0 acs off")) << redirecting;
  }
  bridge("0000:80:01.0", "pci0000:80/0000:80:01.0", bridge_config(0x53));
  EXPECT_EQ(facts().back(), "81:00.0 acs off") << "none of these bits redirects";
}

TEST_F(PciTree, SaysWhereOnlyRootIsToldWhatBridgesDo) {
  bridge("0000:80:01.0", "pci0000:80/0000:80:01.0", bridge_config(0x1d, 64));
  bridge("0000:02:04.0", "pci0000:00/0000:00:01.0/0000:02:04.0", bridge_config(0x1d, 256));
  EXPECT_THAT(facts(), ElementsAre("03:00.0 acs off", "81:00.0 acs unknown")) << "256 bytes are all of a plain PCI one";
}

TEST_F(PciTree, NeedNotHaveAnEnd) {
  std::string circle = bridge_config(0x1d);
  circle[0x100] = 2;
  circle[0x148] = 3;
  circle[0x220] = 4;
  circle[0x223] = 0x10;  // back to the first
  bridge("0000:80:01.0", "pci0000:80/0000:80:01.0", circle);
  EXPECT_EQ(facts().back(), "81:00.0 acs off");
}

TEST_F(PciTree, TellsWhoseAddressesTheIommuTranslates) {
  system_.write("sys/devices/pci0000:80/0000:80:01.0/0000:81:00.0/iommu_group/type", "DMA-FQ\n");
  EXPECT_THAT(facts(), ElementsAre("03:00.0 acs off", "81:00.0 iommu DMA-FQ", "81:00.0 acs off"));
}

TEST_F(PciTree, BecomesAttributesOfItsDevices) {
  system_.device("sys/class/net/ib0", "0000:81:00.0", {{"type", "32"}, {"operstate", "up"}});
  std::filesystem::remove(system_.root() + "/sys/class/net/ib0/device");
  std::filesystem::create_directory_symlink("../../../devices/pci0000:80/0000:80:01.0/0000:81:00.0",
                                            system_.root() + "/sys/class/net/ib0/device");
  const auto host = discovered_host({.root = system_.root(), .deadline = std::chrono::minutes(2), .machine = false});
  ASSERT_TRUE(host) << host.error().message;
  EXPECT_THAT(json_of(*host), ::testing::HasSubstr(R"("linux.pci":[["acs","off"]])"));
}

TEST(Platform, IsAnAttributeOfTheHost) {
  FakeSystem system;
  system.write("sys/class/dmi/id/chassis_asset_tag", "OracleCloud.com\n");
  system.write("sys/module/nvidia/version", "535\n");
  const auto lines = [&](bool platform) {
    auto topology = discovered_host(
        {.root = system.root(), .deadline = std::chrono::minutes(2), .machine = false, .platform = platform});
    return topology ? lines_of(*topology) : std::vector<std::string>();
  };
  EXPECT_THAT(lines(true), ElementsAre(R"({"name":"host0","kind":"host","attributes":{"cloud":[["provider","oci"]],)"
                                       R"("gpudirect":[["peermem","not loaded"]]}})"));
  EXPECT_THAT(lines(false), ElementsAre(R"({"name":"host0","kind":"host"})"));
}

}  // namespace
}  // namespace treering::topology
