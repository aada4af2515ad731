#include <charconv>
#include <set>
#include <string_view>

#include "topology/discovery/platform.hpp"

namespace treering::topology {
namespace {

/// Of "5.15.0-91-generic": 5 and 15; 0 and 0 of what is no version.
std::pair<int, int> version_in(std::string_view release) {
  int major = 0, minor = 0;
  const char* const end = release.data() + release.size();
  const auto [dot, problem] = std::from_chars(release.data(), end, major);
  if (problem != std::errc() || dot == end || *dot != '.') return {};
  if (std::from_chars(dot + 1, end, minor).ec != std::errc()) return {};
  return {major, minor};
}

/// The kernel exports memory of GPUs as dma-buf from 5.12 on, by NVIDIA's open kernel modules alone
/// (https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-rdma.html, prerequisites).
/// Adapters and CUDA have a say too.
std::string dma_buf(std::pair<int, int> kernel, bool is_open) {
  if (!is_open) return "no: takes NVIDIA's open kernel modules";
  if (kernel == std::pair(0, 0)) return "unknown: the kernel does not tell its version";
  return kernel >= std::pair(5, 12) ? "possible" : "no: takes Linux 5.12";
}

/// The kinds of all groups, "DMA-FQ, identity". With "identity" addresses pass as they are; others are translated,
/// which may take data between devices on the way through the processor
/// (Documentation/ABI/testing/sysfs-kernel-iommu_groups).
std::string iommu(const SystemFiles& files) {
  const std::string folder = "sys/kernel/iommu_groups";
  if (!files.exists(folder)) return "";
  const std::vector<std::string> groups = files.names_in(folder);
  if (groups.empty()) return "off";
  std::set<std::string> types;
  for (const std::string& group : groups) types.insert(files.name(folder + "/" + group + "/type").value_or("on"));
  std::string all;
  for (const std::string& type : types) all += (all.empty() ? "" : ", ") + type;
  return all;
}

}  // namespace

std::vector<HostFact> gpudirect_facts(const SystemFiles& files) {
  if (!files.exists("sys/module/nvidia")) return {};
  std::vector<HostFact> facts;
  const auto say = [&](const char* name, std::string value) {
    if (!value.empty()) facts.push_back({gpudirect_origin, name, std::move(value)});
  };
  const char* peermem = files.exists("sys/module/nvidia_peermem") ? "nvidia_peermem"
                        : files.exists("sys/module/nv_peer_mem")  ? "nv_peer_mem"
                                                                  : not_loaded;
  say(peermem_name, peermem);
  // "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ..", else "NVRM version: NVIDIA UNIX x86_64 Kernel
  // Module"
  if (const auto driver = files.text("proc/driver/nvidia/version")) {
    const bool is_open = driver->find("Open Kernel Module") != std::string::npos;
    say(dma_buf_name, dma_buf(version_in(files.text("proc/sys/kernel/osrelease").value_or("")), is_open));
  }
  say("iommu", iommu(files));
  return facts;
}

}  // namespace treering::topology
