#include "topology/described_host.hpp"

#include <fmt/format.h>

#include "topology/description_size.hpp"
#include "topology/pcie.hpp"

namespace treering::topology {
namespace {

/// Builds one host.
class Host {
 public:
  Host(TopologyBuilder& builder, const Description& description, NodeIndex host)
      : builder_(builder), in_(*description.inside), size_(host_size(description)), host_(host) {}

  std::vector<NodeIndex> build() {
    add_domains();
    add_switches();
    for (std::uint32_t i = 0; i < in_.cores.count; ++i) add_core(i);
    std::vector<NodeIndex> gpus, nics;
    for (std::uint32_t i = 0; i < in_.gpus.count; ++i)
      gpus.push_back(add_device(NodeKind::gpu, i, in_.gpus.count, in_.gpus));
    for (std::uint32_t i = 0; i < size_.nics; ++i) {
      nics.push_back(add_device(NodeKind::nic, i, static_cast<std::uint32_t>(size_.nics), in_.nics));
    }
    join(gpus);
    return nics;
  }

 private:
  /// Which of `places` number i of `count` has, so that neighbours lie together.
  static std::size_t spread(std::uint64_t i, std::uint64_t count, std::uint64_t places) { return i * places / count; }

  NodeIndex add(NodeKind kind, NodeIndex parent, std::uint32_t number) {
    const std::string_view name = kind == NodeKind::pci_switch ? "pci" : name_of(kind);
    return builder_.add(
        Node{.kind = kind, .parent = parent, .number = number, .name = fmt::format("{}{}", name, number)});
  }

  void add_domains() {
    for (std::uint32_t i = 0; i < size_.domains; ++i) {
      domains_.push_back(add(NodeKind::numa, host_, i));
      for (std::uint32_t j = 0; j < i; ++j) link(domains_[j], domains_[i], LinkType::memory, in_.numa.speed);
    }
  }

  void add_switches() {
    for (std::uint32_t i = 0; i < size_.switches; ++i) {
      const NodeIndex domain = domains_[spread(i, size_.switches, size_.domains)];
      switches_.push_back(add(NodeKind::pci_switch, domain, i));
      link_slot(domain, switches_.back(), in_.gpus.slot ? in_.gpus.slot : in_.nics.slot, {});
    }
  }

  void add_core(std::uint32_t i) {
    const NodeIndex domain = domains_[spread(i, in_.cores.count, size_.domains)];
    link(domain, add(NodeKind::core, domain, i), LinkType::memory, in_.cores.speed);
  }

  /// GPUs and NICs: below a PCIe switch where there are both, else below a domain.
  NodeIndex add_device(NodeKind kind, std::uint32_t i, std::uint32_t count, const Parts& parts) {
    const std::vector<NodeIndex>& places = switches_.empty() ? domains_ : switches_;
    const NodeIndex place = places[spread(i, count, places.size())];
    const NodeIndex device = add(kind, place, i);
    const Parts& others = kind == NodeKind::gpu ? in_.nics : in_.gpus;
    const bool is_of_slot = kind == NodeKind::gpu && parts.fabric == GpuFabric::none;
    link_slot(place, device, parts.slot ? parts.slot : others.slot, is_of_slot ? parts.speed : Speed());
    return device;
  }

  void join(const std::vector<NodeIndex>& gpus) {
    const Parts& parts = in_.gpus;
    if (parts.fabric == GpuFabric::nvswitch) {
      const NodeIndex nvswitch = builder_.add(Node{.kind = NodeKind::nvswitch, .parent = host_, .name = "nvswitch"});
      for (const NodeIndex gpu : gpus) link(gpu, nvswitch, LinkType::nvlink, parts.speed);
    } else if (parts.fabric != GpuFabric::none) {
      const LinkType type = parts.fabric == GpuFabric::nvlink ? LinkType::nvlink : LinkType::xgmi;
      for (std::size_t i = 0; i < gpus.size(); ++i) {
        for (std::size_t j = i + 1; j < gpus.size(); ++j) link(gpus[i], gpus[j], type, parts.speed);
      }
    }
  }

  void link(NodeIndex from, NodeIndex to, LinkType type, const Speed& speed) {
    builder_.add(Link{.from = from, .to = to, .type = type, .declared = both_ways(speed.gbs, speed.latency_us)});
  }

  /// What is said of the link itself counts more than what its slot allows.
  void link_slot(NodeIndex from, NodeIndex to, const std::optional<Slot>& slot, const Speed& speed) {
    Link link{.from = from, .to = to, .type = LinkType::pcie};
    if (slot) {
      link.width = static_cast<std::uint16_t>(slot->lanes);
      link.lane_gts = pcie_gts(static_cast<int>(slot->generation));
    }
    link.declared = both_ways(speed.gbs.or_else(pcie_gbs(link.lane_gts, link.width.value_or(0))), speed.latency_us);
    builder_.add(link);
  }

  TopologyBuilder& builder_;
  const Inside& in_;
  const HostSize size_;
  const NodeIndex host_;
  std::vector<NodeIndex> domains_;
  std::vector<NodeIndex> switches_;
};

}  // namespace

std::vector<NodeIndex> add_host(TopologyBuilder& builder, const Description& description, std::uint32_t number,
                                CellIndex cell) {
  const NodeIndex host =
      builder.add(Node{.kind = NodeKind::host, .number = number, .cell = cell, .name = fmt::format("host{}", number)});
  if (!description.inside) return {host};
  return Host(builder, description, host).build();
}

}  // namespace treering::topology
