// What writing consists of: where things lie, and what is to be written of them.
#include <algorithm>
#include <set>
#include <span>
#include <tuple>

#include "topology/names.hpp"
#include "topology/nccl/origins.hpp"
#include "topology/nccl/writing.hpp"

namespace treering::topology {
namespace {

/// Addresses that no device has, for devices of which none is known; NCCL tells devices apart by them.
class FreeAddresses {
 public:
  explicit FreeAddresses(std::span<const Node> nodes) {
    for (const Node& node : nodes)
      if (node.pci) taken_.insert(order(*node.pci));
  }

  PciAddress of_device() {
    return next(devices_, [](std::uint32_t number) {
      return PciAddress{.domain = 0xffff - (number >> 16),
                        .bus = static_cast<std::uint8_t>(number >> 8),
                        .device = static_cast<std::uint8_t>(number >> 3 & 0x1f),
                        .function = static_cast<std::uint8_t>(number & 7)};
    });
  }

  /// As NCCL makes it up, of the first. In a file of several hosts, that is a switch that they share.
  PciAddress of_nvswitch() {
    return next(nvswitches_, [](std::uint32_t number) {
      return PciAddress{.domain = 0xfffffff - number, .bus = 0xff, .device = 0xff};
    });
  }

 private:
  using Order = std::tuple<std::uint32_t, std::uint8_t, std::uint8_t, std::uint8_t>;
  static Order order(const PciAddress& a) { return {a.domain, a.bus, a.device, a.function}; }

  template <class Make>
  PciAddress next(std::uint32_t& number, Make make) const {
    while (taken_.contains(order(make(number)))) ++number;
    return make(number++);
  }

  std::set<Order> taken_;
  std::uint32_t devices_ = 0, nvswitches_ = 0;
};

bool is_network(LinkType type) {
  return type == LinkType::infiniband || type == LinkType::ethernet || type == LinkType::network;
}

}  // namespace

Writing::Writing(const Topology& topology)
    : topology_(topology), adjacency_(topology), parts_(topology), elements_(topology.nodes().size()) {
  FreeAddresses free(topology.nodes());
  for (const Node& node : topology.nodes()) {
    hosts_ += node.kind == NodeKind::host;
    unidentified_hosts_ += node.kind == NodeKind::host && node.identity.empty();
  }
  for (NodeIndex index = 0; index < topology.nodes().size(); ++index) {
    const Node& node = topology.node(index);
    const NodeIndex around = host(index);
    if (node.kind == NodeKind::numa) first_domains_.emplace(around, index);
    if (node.kind == NodeKind::nvswitch) {
      const bool is_one_of_several = hosts_ > 1 && around != no_node;
      const bool stands = node.pci && !(is_one_of_several && node.pci->domain >= first_made_up_domain);
      addresses_.push_back(stands ? *node.pci : is_one_of_several ? free.of_device() : free.of_nvswitch());
      nvswitch_addresses_.add(around, addresses_[index], index);
      if (node.pci) nvswitch_addresses_.add(around, *node.pci, index);  // as elements that were read call it
      continue;
    }
    addresses_.push_back(node.pci ? *node.pci : free.of_device());
    if (node.kind == NodeKind::gpu) gpu_addresses_.add(around, addresses_[index], index);
  }
}

NodeIndex Writing::host(NodeIndex node) const {
  return host_of(topology_.nodes(), node);
}

PciAddress Writing::address_of(NodeIndex node) const {
  return addresses_[node];
}

bool Writing::was_read(NodeIndex node, std::string_view origin) const {
  return topology::was_read(topology_.node_attributes(node), origin);
}

/// The element of the nearest node around that has one, else the first processor of the host.
pugi::xml_node Writing::element_around(NodeIndex node) {
  NodeIndex around = topology_.node(node).parent;
  for (; around != no_node && topology_.node(around).kind != NodeKind::host; around = topology_.node(around).parent) {
    if (elements_[around]) return elements_[around];
  }
  return around == no_node ? system_ : first_cpu(around);
}

pugi::xml_node Writing::first_cpu(NodeIndex host) {
  const auto domain = first_domains_.find(host);
  pugi::xml_node& element = elements_[domain == first_domains_.end() ? host : domain->second];
  if (element) return element;
  if (domain != first_domains_.end()) return element = write_cpu(domain->second);
  Element cpu(system_, "cpu", topology_.node_attributes(host), cpu_origin);
  cpu.say("numaid", false, "-1");
  say_host(cpu, host);
  return element = cpu.xml();
}

const Link* Writing::pcie_link(NodeIndex node) const {
  for (const Arc& arc : adjacency_.of(node)) {
    if (topology_.link(arc.link).type != LinkType::pcie) continue;
    for (NodeIndex around = topology_.node(node).parent; around != no_node; around = topology_.node(around).parent) {
      if (arc.to == around) return &topology_.link(arc.link);
    }
  }
  return nullptr;
}

const Link* Writing::network_link(NodeIndex end) const {
  const auto arcs = adjacency_.of(end);
  const auto found =
      std::find_if(arcs.begin(), arcs.end(), [&](const Arc& arc) { return is_network(topology_.link(arc.link).type); });
  return found == arcs.end() ? nullptr : &topology_.link(found->link);
}

bool Writing::has_ports(NodeIndex nic) const {
  const auto parts = parts_.of(nic);
  return std::any_of(parts.begin(), parts.end(),
                     [&](NodeIndex part) { return topology_.node(part).kind == NodeKind::port; });
}

bool Writing::has_net(NodeIndex end) const {
  if (was_read(end, net_origin) || network_link(end)) return true;
  return !has_ports(end) && !was_read(end, nic_origin) && !was_read(end, pci_origin);
}

bool Writing::has_nets(NodeIndex nic) const {
  return was_read(nic, nic_origin) || !was_read(nic, pci_origin) || has_net(nic) || has_ports(nic);
}

bool Writing::has_gpu(NodeIndex node) const {
  if (was_read(node, gpu_origin) || !was_read(node, pci_origin) || topology_.node(node).number) return true;
  const auto arcs = adjacency_.of(node);
  return std::any_of(arcs.begin(), arcs.end(), [&](const Arc& arc) { return leaves_gpu(node, arc); });
}

}  // namespace treering::topology
