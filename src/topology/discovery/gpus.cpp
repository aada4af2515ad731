#include "topology/discovery/gpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "topology/names.hpp"
#include "topology/nvlink.hpp"

namespace treering::topology {
namespace {

constexpr std::uint32_t class_of_nvswitch = 0x068000;  // PCI: a bridge of a kind of its own

/// What leaves a GPU for one device.
struct Lanes {
  std::uint32_t count = 0;
  double sum_gbs = 0;
  bool is_known = true;  // the rate of each

  void add(Figure gbs) {
    ++count;
    sum_gbs += gbs.value_or(0);
    is_known = is_known && gbs.is_known();
  }
  Figure gbs() const { return is_known ? Figure(sum_gbs) : Figure(); }
};

/// Adds to one draft.
class Gpus {
 public:
  Gpus(const SystemFiles& files, HostDraft& draft) : files_(files), draft_(draft) {}

  void add(std::vector<NvidiaGpu> gpus) {
    find_silent(gpus);
    for (const NvidiaGpu& gpu : gpus) nodes_.push_back(gpu.pci ? node_of(gpu) : no_node);
    for (std::size_t i = 0; i < gpus.size(); ++i) {
      if (nodes_[i] == no_node) {
        annotate(draft_.host(), fmt::format("{}{}", silent_gpu_prefix, gpus[i].number),
                 gpus[i].state.empty() ? "no PCI address" : gpus[i].state);
      } else {
        take_links(gpus[i], nodes_[i]);
      }
    }
    for (const auto& [ends, lanes] : lanes_) add_link(ends.first, ends.second, lanes);
  }

 private:
  using Ends = std::pair<NodeIndex, NodeIndex>;

  /// NVML does not tell the addresses of GPUs that do not answer. The kernel's module knows all that it drives: of
  /// one silent GPU and one address that is left, the two belong together; of several nobody knows which is which.
  void find_silent(std::vector<NvidiaGpu>& gpus) const {
    std::vector<NvidiaGpu*> silent;
    for (NvidiaGpu& gpu : gpus)
      if (!gpu.pci) silent.push_back(&gpu);
    std::vector<PciAddress> left;
    for (const std::string& name : files_.names_in("proc/driver/nvidia/gpus")) {
      const auto address = pci_address(name);
      if (address && std::ranges::none_of(gpus, [&](const NvidiaGpu& gpu) { return gpu.pci == address; }))
        left.push_back(*address);
    }
    if (silent.size() == 1 && left.size() == 1) silent[0]->pci = left[0];
  }

  NodeIndex node_of(const NvidiaGpu& gpu) {
    const NodeIndex index = draft_.device(NodeKind::gpu, gpu.pci, numa_at(files_, *gpu.pci));
    draft_.rename(index, fmt::format("gpu{}", gpu.number));  // hwloc counts other devices of graphics too
    Node& node = draft_.node(index);
    node.number = gpu.number;
    if (!gpu.model.empty()) node.model = gpu.model;
    if (!gpu.uuid.empty()) node.identity = gpu.uuid;
    annotate(index, gpu_state_name, gpu.state);
    for (const auto& [name, value] : gpu.said) annotate(index, name, value);
    if (gpu.state.empty()) answering_.push_back(index);
    return index;
  }

  void annotate(NodeIndex node, std::string_view name, const std::string& value) {
    if (!value.empty()) draft_.annotate(node, std::string(nvml_origin), std::string(name), value);
  }

  void take_links(const NvidiaGpu& gpu, NodeIndex node) {
    std::uint32_t elsewhere = 0;  // GPUs that a container does not see
    for (const NvLink& link : gpu.links) {
      const NodeIndex end = end_of(link, *gpu.pci);
      if (end == no_node) ++elsewhere;
      if (end != no_node && end != node) lanes_[{node, end}].add(link.gbs);
    }
    if (elsewhere > 0) annotate(node, "nvlinks_elsewhere", std::to_string(elsewhere));
    if (gpu.c2c.count == 0) return;
    draft_.add(Link{.from = node,
                    .to = processor_of(*gpu.pci),
                    .type = LinkType::c2c,
                    .count = gpu.c2c.count,
                    .declared = both_ways(gpu.c2c.gbs)});
  }

  NodeIndex end_of(const NvLink& link, const PciAddress& gpu) {
    const NodeIndex device = link.pci ? draft_.device_at(*link.pci) : no_node;
    const bool is_gpu = device != no_node && draft_.node(device).kind == NodeKind::gpu;
    switch (link.end) {
      case NvLink::End::processor: return processor_of(gpu);
      case NvLink::End::gpu: return is_gpu ? device : no_node;
      case NvLink::End::nvswitch: return nvswitch(link.pci);
      case NvLink::End::unknown: break;
    }
    const bool is_switch = !link.pci || class_at(files_, *link.pci) == class_of_nvswitch;
    return is_gpu ? device : is_switch ? nvswitch(link.pci) : no_node;
  }

  /// Those without an address are one: nothing tells them apart.
  NodeIndex nvswitch(const std::optional<PciAddress>& pci) {
    for (const auto& [address, node] : nvswitches_)
      if (address == pci) return node;
    NodeIndex node = pci ? draft_.device_at(*pci) : no_node;
    const auto number = static_cast<std::uint32_t>(nvswitches_.size());
    if (node == no_node) {
      node = draft_.add(Node{.kind = NodeKind::nvswitch,
                             .parent = draft_.host(),
                             .number = number,
                             .pci = pci,
                             .name = fmt::format("nvswitch{}", number)});
    }
    draft_.node(node).kind = NodeKind::nvswitch;
    nvswitches_.emplace_back(pci, node);
    return node;
  }

  /// Its NUMA domain, the only one, or the host.
  NodeIndex processor_of(const PciAddress& gpu) const {
    const auto number = numa_at(files_, gpu);
    if (const NodeIndex domain = number ? draft_.numa(*number) : no_node; domain != no_node) return domain;
    NodeIndex only = no_node;
    for (NodeIndex node = 0; node < draft_.nodes().size(); ++node) {
      if (draft_.nodes()[node].kind != NodeKind::numa) continue;
      if (only != no_node) return draft_.host();
      only = node;
    }
    return only == no_node ? draft_.host() : only;
  }

  /// Of two GPUs each tells what leaves it. One that cannot be asked leaves the way back unknown.
  void add_link(NodeIndex from, NodeIndex to, const Lanes& lanes) {
    Link link{
        .from = from, .to = to, .type = LinkType::nvlink, .count = lanes.count, .declared = both_ways(lanes.gbs())};
    if (draft_.node(to).kind == NodeKind::gpu) {
      const auto back = lanes_.find({to, from});
      if (back != lanes_.end() && to < from) return;  // it is there already
      const Lanes of_back = back == lanes_.end() ? Lanes{} : back->second;
      const bool answers = std::ranges::count(answering_, to) > 0;
      link.declared.back_gbs = answers ? of_back.gbs() : Figure();
      if (answers && of_back.count != lanes.count) link.count = {};
    }
    draft_.add(link);
  }

  const SystemFiles& files_;
  HostDraft& draft_;
  std::vector<NodeIndex> nodes_;      // of NVML's GPUs
  std::vector<NodeIndex> answering_;  // those that tell their links
  std::vector<std::pair<std::optional<PciAddress>, NodeIndex>> nvswitches_;
  std::map<Ends, Lanes> lanes_;
};

}  // namespace

void add_gpus(const Nvidia& nvidia, const SystemFiles& files, HostDraft& draft) {
  if (!nvidia.driver_version.empty()) {
    draft.annotate(draft.host(), std::string(nvml_origin), "driver_version", nvidia.driver_version);
  }
  Gpus(files, draft).add(nvidia.gpus);
}

}  // namespace treering::topology
