// Clouds and GPUDirect RDMA, from trees of files that other machines would show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "discovery_fake_system.hpp"
#include "discovery_lines.hpp"
#include "topology/discovery/discover.hpp"
#include "topology/discovery/platform.hpp"

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
