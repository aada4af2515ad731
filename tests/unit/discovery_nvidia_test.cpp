// NVIDIA GPUs and NVLinks, as a stand-in for the driver's library tells them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "discovery_fake_nvml.hpp"
#include "discovery_fake_system.hpp"
#include "discovery_lines.hpp"
#include "topology/builder.hpp"
#include "topology/discovery/discover.hpp"
#include "topology/discovery/gpus.hpp"
#include "topology/discovery/nvidia.hpp"
#include "topology/discovery/nvml.hpp"

namespace treering::topology {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::milliseconds long_enough = std::chrono::minutes(2);  // machines of tests are busy
constexpr const char* made_up = "FFFFFFFF:FF:FF.0";

Topology discovered(const FakeSystem& system, const FakeNvml& nvml,
                    std::chrono::milliseconds nvidia_deadline = long_enough) {
  auto topology = discovered_host({.root = system.root(),
                                   .deadline = long_enough,
                                   .nvidia_deadline = nvidia_deadline,
                                   .machine = false,
                                   .nvml = nvml.path()});
  EXPECT_TRUE(topology) << topology.error().message;
  return topology ? *std::move(topology) : Topology();
}

std::vector<std::string> lines_with(const Topology& topology, std::string_view part) {
  std::vector<std::string> lines = lines_of(topology);
  std::erase_if(lines, [&](const std::string& line) { return line.find(part) == std::string::npos; });
  return lines;
}

std::vector<std::string> left_out(const Topology& topology) {
  std::vector<std::string> reasons;
  for (const Attribute& attribute : topology.attributes())
    reasons.push_back(fmt::format("{} {}: {}", attribute.origin, attribute.name, attribute.value));
  return reasons;
}

std::string address_of_dgx_gpu(int gpu) {
  return fmt::format("00000000:{:02X}:00.0", 0x1b + 0x10 * gpu);
}

/// 8 H100 with 4, 5, 5 and 4 links to the four NVSwitches.
std::string dgx() {
  std::string script = "driver 535.104.05\n";
  for (int gpu = 0; gpu < 8; ++gpu) {
    script += gpu_line(gpu, address_of_dgx_gpu(gpu), 9, 18, "NVIDIA H100 80GB HBM3");
    int first = 0;
    for (int chip = 0; chip < 4; ++chip) {
      const int count = chip == 1 || chip == 2 ? 5 : 4;
      const int down = gpu == 3 && chip == 3 ? 2 : 0;  // two links of gpu3 do not come up
      script +=
          link_lines(gpu, first, count - down, 26562, FakeEnd::nvswitch, fmt::format("00000000:0{}:00.0", 5 + chip));
      first += count;
    }
  }
  return script;
}

TEST(Nvidia, GpusOnSeveralSwitches) {
  const FakeNvml nvml(dgx());
  const Topology topology = discovered(FakeSystem(), nvml);
  EXPECT_THAT(lines_with(topology, "host\","),
              ElementsAre(R"({"name":"host0","kind":"host","attributes":{"nvidia.nvml":)"
                          R"([["driver_version","535.104.05"]]}})"));
  EXPECT_THAT(
      lines_with(topology, "\"kind\":\"gpu\""),
      Contains(R"({"name":"gpu3","kind":"gpu","part_of":"host0","number":3,"pci":"0000:4b:00.0","identity":"GPU-3",)"
               R"("model":"NVIDIA H100 80GB HBM3","attributes":{"nvidia.nvml":[["sm","90"],["nvlinks","18"],)"
               R"(["nvlinks_down","2"]]}})"));
  EXPECT_EQ(lines_with(topology, "\"kind\":\"gpu\"").size(), 8u);
  EXPECT_THAT(lines_with(topology, "\"kind\":\"nvswitch\""),
              ElementsAre(HasSubstr(R"("number":0,"pci":"0000:05:00.0")"), HasSubstr(R"("number":1,"pci":"0000:06:)"),
                          HasSubstr(R"("number":2,"pci":"0000:07:00.0")"), HasSubstr(R"("number":3,"pci":"0000:08:)")));
  EXPECT_EQ(lines_with(topology, "\"nvlink\"").size(), 32u);
  EXPECT_THAT(
      lines_with(topology, "host0/gpu3\",\"to\""),
      ElementsAre(R"({"from":"host0/gpu3","to":"host0/nvswitch0","type":"nvlink","count":4,"declared":{"gbs":100}})",
                  R"({"from":"host0/gpu3","to":"host0/nvswitch1","type":"nvlink","count":5,"declared":{"gbs":125}})",
                  R"({"from":"host0/gpu3","to":"host0/nvswitch2","type":"nvlink","count":5,"declared":{"gbs":125}})",
                  R"({"from":"host0/gpu3","to":"host0/nvswitch3","type":"nvlink","count":2,"declared":{"gbs":50}})"));
  EXPECT_THAT(left_out(topology), IsEmpty());
  EXPECT_GE(nvml.shutdowns(), 1);
}

/// A ring of V100: 1 link from 0 to 1, 2 from 1 to 2, 3 from 2 to 3, and 4 from 3 to 0 of which gpu0 knows but three.
std::string ring(FakeEnd end) {
  const auto address = [](int gpu) { return fmt::format("0000000{}:0{}:00.0", gpu % 2, 1 + gpu); };
  std::string script = "driver 440\n";
  for (int gpu = 0; gpu < 4; ++gpu) script += gpu_line(gpu, address(gpu), 7, 10, "Tesla V100-SXM2-32GB");
  for (int gpu = 0; gpu < 4; ++gpu) {
    const int next = (gpu + 1) % 4;
    script += link_lines(gpu, 0, gpu + 1, 25781, end, address(next));
    script += link_lines(next, 5, gpu + 1 - (next == 0 ? 1 : 0), 25781, end, address(gpu));
  }
  return script;
}

const std::vector<std::string> links_of_the_ring = {
    R"({"from":"host0/gpu0","to":"host0/gpu1","type":"nvlink","count":1,"declared":{"gbs":25}})",
    R"({"from":"host0/gpu0","to":"host0/gpu3","type":"nvlink","declared":{"forward_gbs":75,"back_gbs":100}})",
    R"({"from":"host0/gpu1","to":"host0/gpu2","type":"nvlink","count":2,"declared":{"gbs":50}})",
    R"({"from":"host0/gpu2","to":"host0/gpu3","type":"nvlink","count":3,"declared":{"gbs":75}})"};

TEST(Nvidia, GpusInARing) {
  const FakeNvml nvml(ring(FakeEnd::gpu));
  const Topology topology = discovered(FakeSystem(), nvml);
  EXPECT_EQ(lines_with(topology, "\"nvlink\""), links_of_the_ring);
  EXPECT_THAT(lines_with(topology, "nvswitch"), IsEmpty());
  EXPECT_THAT(lines_with(topology, "gpu1\",\"kind"), ElementsAre(HasSubstr(R"("pci":"0001:02:00.0")")));
}

TEST(Nvidia, OldDriversTellTheSame) {
  const FakeNvml nvml(ring(FakeEnd::unknown), FakeNvml::old);
  EXPECT_EQ(lines_with(discovered(FakeSystem(), nvml), "\"nvlink\""), links_of_the_ring);
}

TEST(Nvidia, LinksMayRunSlowerThanTheirGeneration) {
  const std::string script =
      gpu_line(0, "00000000:1B:00.0", 7, 6, "Tesla V100") + link_lines(0, 1, 2, 19000, FakeEnd::nvswitch, made_up);
  for (const char* library : {FakeNvml::current, FakeNvml::old}) {
    const FakeNvml nvml(script, library);
    EXPECT_THAT(lines_with(discovered(FakeSystem(), nvml), "\"nvlink\""), ElementsAre(HasSubstr(R"({"gbs":38})")))
        << library;
  }
}

TEST(Nvidia, OldDriversDoNotTellSwitchesFromOtherDevices) {
  FakeSystem system;
  system.write("sys/bus/pci/devices/0000:05:00.0/class", "0x068000\n");
  system.write("sys/bus/pci/devices/0000:06:00.0/class", "0x068001\n");
  const FakeNvml nvml(gpu_line(0, "00000000:1B:00.0", 7, 6, "Tesla V100") +
                          link_lines(0, 0, 2, 25781, FakeEnd::unknown, "00000000:05:00.0") +
                          link_lines(0, 2, 3, 25781, FakeEnd::unknown, "00000000:06:00.0"),
                      FakeNvml::old);
  const Topology topology = discovered(system, nvml);
  EXPECT_THAT(lines_with(topology, "\"nvlink\""), ElementsAre(HasSubstr(R"("to":"host0/nvswitch0")")));
  EXPECT_THAT(lines_with(topology, "\"kind\":\"gpu\""), ElementsAre(HasSubstr(R"(["nvlinks_elsewhere","3"])")));
}

TEST(Nvidia, ContainersSeeOneSwitch) {
  std::string script;
  for (int gpu = 0; gpu < 2; ++gpu) {
    script += gpu_line(gpu, address_of_dgx_gpu(gpu), 10, 18, "NVIDIA B200") +
              link_lines(gpu, 0, 17 + gpu, 53125, FakeEnd::nvswitch, made_up);
  }
  const FakeNvml nvml(script);
  const Topology topology = discovered(FakeSystem(), nvml);
  EXPECT_THAT(lines_with(topology, "\"kind\":\"nvswitch\""),
              ElementsAre(R"({"name":"nvswitch0","kind":"nvswitch","part_of":"host0","number":0})"));
  EXPECT_THAT(lines_with(topology, "\"nvlink\""), ElementsAre(HasSubstr(R"("count":17,"declared":{"gbs":850})"),
                                                              HasSubstr(R"("count":18,"declared":{"gbs":900})")));
}

TEST(Nvidia, AGpuThatDoesNotAnswerIsLost) {
  FakeSystem system;
  for (int gpu = 0; gpu < 4; ++gpu)
    system.write(fmt::format("proc/driver/nvidia/gpus/000{}:0{}:00.0/information", gpu % 2, 1 + gpu), "");
  FakeNvml nvml(ring(FakeEnd::gpu) + "fail nvmlDeviceGetHandleByIndex_v2 2 15\n");
  const Topology topology = discovered(system, nvml);
  EXPECT_THAT(lines_with(topology, "\"number\":2"),
              ElementsAre(HasSubstr(R"("pci":"0000:03:00.0","attributes":{"nvidia.nvml":[["state","lost"]]})")));
  EXPECT_THAT(lines_with(topology, "\"nvlink\""),
              Contains(HasSubstr(R"("count":2,"declared":{"forward_gbs":50})")))  // what comes back nobody tells
      << "gpu1 to gpu2";
  nvml.become(ring(FakeEnd::gpu) + "fail nvmlDeviceGetHandleByIndex_v2 2 15\n");
  EXPECT_THAT(lines_with(discovered(FakeSystem(), nvml), "host\","), ElementsAre(HasSubstr(R"(["gpu 2","lost"])")))
      << "nothing tells which one it is";
}

TEST(Nvidia, AnAddressThatIsNoneLeavesTheShortOne) {
  const FakeNvml nvml(gpu_line(0, "~00000000:1B:00.0", 7, 6, "Tesla V100"));
  EXPECT_THAT(lines_with(discovered(FakeSystem(), nvml), "gpu0\",\"kind"),
              ElementsAre(HasSubstr(R"("pci":"0000:1b:00.0")")));
}

TEST(Nvidia, SeveralThatDoNotAnswerCannotBeToldApart) {
  FakeSystem system;
  for (int gpu = 0; gpu < 4; ++gpu)
    system.write(fmt::format("proc/driver/nvidia/gpus/000{}:0{}:00.0/information", gpu % 2, 1 + gpu), "");
  const FakeNvml nvml(ring(FakeEnd::gpu) + "fail nvmlDeviceGetHandleByIndex_v2 1 15\n" +
                      "fail nvmlDeviceGetHandleByIndex_v2 2 15\n");
  const Topology topology = discovered(system, nvml);
  EXPECT_THAT(lines_with(topology, "host\","), ElementsAre(HasSubstr(R"(["gpu 1","lost"],["gpu 2","lost"])")));
  EXPECT_EQ(lines_with(topology, "\"kind\":\"gpu\"").size(), 2u);
}

TEST(Nvidia, AGpuMayBeLostMeanwhile) {
  const FakeNvml nvml(ring(FakeEnd::gpu) + "fail nvmlDeviceGetNvLinkState 1 15\n");
  EXPECT_THAT(lines_with(discovered(FakeSystem(), nvml), "gpu1\",\"kind"),
              ElementsAre(HasSubstr(R"("identity":"GPU-1","model":"Tesla V100-SXM2-32GB","attributes":)"
                                    R"({"nvidia.nvml":[["state","lost"],["sm","70"]]})")));
}

TEST(Nvidia, WhatACallDoesNotTellIsUnknown) {
  const FakeNvml nvml(ring(FakeEnd::gpu) +
                      "fail nvmlDeviceGetUUID 0 4\nfail nvmlDeviceGetName 0 3\nfail nvmlDeviceGetFieldValues 1 3\n"
                      "fail nvmlDeviceGetCudaComputeCapability 1 4\nfail nvmlSystemGetDriverVersion -1 3\n");
  const Topology topology = discovered(FakeSystem(), nvml);
  EXPECT_THAT(lines_with(topology, "gpu0\",\"kind"),
              ElementsAre(HasSubstr(R"("pci":"0000:01:00.0","attributes":{"nvidia.nvml":[["sm","70"],)")));
  EXPECT_THAT(lines_with(topology, "gpu0\",\"to\":\"host0/gpu1"),
              ElementsAre(HasSubstr(R"("count":1,"declared":{"forward_gbs":25})")));
  EXPECT_THAT(lines_with(topology, "driver"), IsEmpty());
}

TEST(Nvidia, ModesThatPeopleLookFor) {
  const FakeNvml nvml(
      "gpu 00000000:1B:00.0 GPU-0 9 0 0 1 0 2 NVIDIA H100\n"
      "gpu 00000000:1C:00.0 GPU-1 12 1 0 0 1 3 NVIDIA GB10\nc2c 1 3 11000\n");
  const Topology topology = discovered(FakeSystem(), nvml);
  EXPECT_THAT(lines_with(topology, "\"kind\":\"gpu\""),
              ElementsAre(HasSubstr(R"([["sm","90"],["mig","on"],["ecc","off"],["fabric","in progress"]])"),
                          HasSubstr(R"([["sm","121"],["fabric","completed"],["fabric_cluster",)"
                                    R"("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"],["fabric_clique","7"]])")));
  EXPECT_THAT(lines_with(topology, "c2c"),
              ElementsAre(R"({"from":"host0/gpu1","to":"host0","type":"c2c","count":3,"declared":{"gbs":33}})"));
}

TEST(Nvidia, ThatDoesNotStartIsLeftOut) {
  const FakeNvml nvml(dgx() + "fail nvmlInit_v2 -1 9\n");
  const Topology topology = discovered(FakeSystem(), nvml);
  EXPECT_EQ(topology.nodes().size(), 1u);
  EXPECT_THAT(left_out(topology), ElementsAre("discovery nvidia: " + nvml.path() +
                                              " does not start (Driver Not Loaded) look at what nvidia-smi says"));
}

TEST(Nvidia, ThatIsAbsentIsNoProblem) {
  auto found = nvidia_gpus("/nowhere/libnvidia-ml.so.1");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->gpus.empty());
}

TEST(Nvidia, ThatHangsIsLeftOut) {
  FakeNvml nvml("hang nvmlInit_v2\n");
  const int before = nvml.shutdowns();
  const Topology topology = discovered(FakeSystem(), nvml, std::chrono::milliseconds(20));
  EXPECT_THAT(left_out(topology), Contains(HasSubstr("discovery nvidia: it was not done in time")));
  nvml.become("");
  nvml.wait_for_shutdowns(before + 1);  // it goes on, and nobody minds
}

TEST(Nvidia, IsNotAskedOfCopiesOfOtherHosts) {
  const FakeNvml nvml(dgx());  // found by its name too, now that it is loaded
  const auto gpus_of = [](const DiscoveryOptions& options) {
    auto topology = discovered_host(options);
    return topology ? lines_with(*topology, "\"kind\":\"gpu\"").size() : 0;
  };
  const FakeSystem system;
  EXPECT_EQ(gpus_of({.deadline = long_enough, .nvidia_deadline = long_enough, .machine = false}), 8u);
  EXPECT_EQ(gpus_of({.root = system.root(), .deadline = long_enough, .nvidia_deadline = long_enough, .machine = false}),
            0u);
  EXPECT_EQ(gpus_of({.deadline = long_enough, .nvidia_deadline = long_enough, .machine = false, .nvidia = false}), 0u);
}

TEST(Nvml, IsAsTheBindingsOfItsMakerDeclareIt) {
  std::string command = std::string("python3 -B '" TREERING_NVML_BINDINGS "' '") + FakeNvml::current + "'";
  const std::pair<const char*, std::size_t> numbers[] = {
      {"sizeof nvmlPciInfo_t", sizeof(nvml::PciInfo)},
      {"sizeof c_nvmlFieldValue_t", sizeof(nvml::FieldValue)},
      {"sizeof c_nvmlGpuFabricInfo_v2_t", sizeof(nvml::FabricInfo)},
      {"nvmlGpuFabricInfo_v2", nvml::FabricInfo::version_2},
      {"NVML_NVLINK_MAX_LINKS", nvml::Library::most_links},
      {"NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON", nvml::field::nvlink_speed_of_all},
      {"NVML_FI_DEV_NVLINK_LINK_COUNT", nvml::field::nvlinks},
      {"NVML_FI_DEV_NVLINK_GET_SPEED", nvml::field::nvlink_speed},
      {"NVML_FI_DEV_C2C_LINK_COUNT", nvml::field::c2c_links},
      {"NVML_FI_DEV_C2C_LINK_GET_STATUS", nvml::field::c2c_is_active},
      {"NVML_FI_DEV_C2C_LINK_GET_MAX_BW", nvml::field::c2c_speed},
      {"NVML_ERROR_FUNCTION_NOT_FOUND", static_cast<std::size_t>(nvml::Return::function_not_found)},
      {"NVML_ERROR_GPU_IS_LOST", static_cast<std::size_t>(nvml::Return::gpu_is_lost)},
      {"NVML_ERROR_RESET_REQUIRED", static_cast<std::size_t>(nvml::Return::reset_required)}};
  for (const auto& [name, number] : numbers) command += fmt::format(" '{}={}'", name, number);
  const int status = std::system(command.c_str());
  if (WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127))
    GTEST_SKIP() << "there is no python3 with pynvml (PyPI: nvidia-ml-py)";
  EXPECT_EQ(status, 0);
}

/// As hwloc finds it: two domains, a display, a GPU, one that it does not know as such, and an NVSwitch.
Topology machine() {
  TopologyBuilder builder;
  const NodeIndex host = builder.add(Node{.kind = NodeKind::host, .name = "h"});
  builder.add(Node{.kind = NodeKind::numa, .parent = host, .number = 0, .name = "numa0"});
  builder.add(Node{.kind = NodeKind::numa, .parent = host, .number = 1, .name = "numa1"});
  builder.add(Node{.kind = NodeKind::gpu, .parent = host, .pci = PciAddress{.bus = 2}, .name = "gpu0"});
  builder.add(Node{.kind = NodeKind::gpu, .parent = host, .pci = PciAddress{.bus = 9}, .name = "gpu1"});
  builder.add(Node{.kind = NodeKind::pci_device, .parent = host, .pci = PciAddress{.bus = 8}, .name = "pci-device0"});
  builder.add(Node{.kind = NodeKind::pci_device, .parent = host, .pci = PciAddress{.bus = 5}, .name = "pci-device1"});
  auto built = std::move(builder).build();
  EXPECT_TRUE(built) << built.error().message;
  return *std::move(built);
}

TEST(Gpus, AreThoseThatHwlocFound) {
  FakeSystem system;
  system.write("sys/bus/pci/devices/0000:07:00.0/numa_node", "1\n");
  system.write("sys/bus/pci/devices/0000:08:00.0/numa_node", "0\n");
  Nvidia nvidia;
  for (std::uint8_t bus = 7; bus < 10; ++bus) {
    nvidia.gpus.push_back({.number = bus - 7u, .pci = PciAddress{.bus = bus}, .model = fmt::format("M{}", bus)});
  }
  nvidia.gpus[0].links = {{.end = NvLink::End::processor, .pci = PciAddress{.bus = 6}, .gbs = 25}};
  nvidia.gpus[1].links = {{.end = NvLink::End::nvswitch, .pci = PciAddress{.bus = 5}, .gbs = 25},
                          {.end = NvLink::End::nvswitch, .pci = PciAddress{.bus = 5}},
                          {.end = NvLink::End::processor}};
  nvidia.gpus[2].c2c = {.count = 2};
  const Topology found = machine();
  HostDraft draft(found, "unused");
  add_gpus(nvidia, SystemFiles(system.root()), draft);
  auto topology = std::move(draft).build({});
  ASSERT_TRUE(topology) << topology.error().message;
  EXPECT_THAT(
      lines_of(*topology),
      ElementsAre(R"({"name":"h","kind":"host"})", R"({"name":"numa0","kind":"numa","part_of":"h","number":0})",
                  R"({"name":"numa1","kind":"numa","part_of":"h","number":1})",
                  R"({"name":"pci-device0","kind":"gpu","part_of":"h","pci":"0000:02:00.0"})",
                  R"({"name":"gpu2","kind":"gpu","part_of":"h","number":2,"pci":"0000:09:00.0","model":"M9"})",
                  R"({"name":"gpu1","kind":"gpu","part_of":"h","number":1,"pci":"0000:08:00.0","model":"M8"})",
                  R"({"name":"pci-device1","kind":"nvswitch","part_of":"h","pci":"0000:05:00.0"})",
                  R"({"name":"gpu0","kind":"gpu","part_of":"h/numa1","number":0,"pci":"0000:07:00.0","model":"M7"})",
                  R"({"from":"h/numa1","to":"h/gpu0","type":"pcie"})",
                  R"({"from":"h/gpu2","to":"h","type":"c2c","count":2})",
                  R"({"from":"h/gpu1","to":"h/numa0","type":"nvlink","count":1})",
                  R"({"from":"h/gpu1","to":"h/pci-device1","type":"nvlink","count":2})",
                  R"({"from":"h/gpu0","to":"h/numa1","type":"nvlink","count":1,"declared":{"gbs":25}})"));
}

}  // namespace
}  // namespace treering::topology
