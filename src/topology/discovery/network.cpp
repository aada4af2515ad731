#include "topology/discovery/network.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "topology/settings.hpp"

namespace treering::topology {
namespace {

/// Adds to one draft.
class Network {
 public:
  Network(const std::vector<Interface>& interfaces, HostDraft& draft) : interfaces_(interfaces), draft_(draft) {}

  void add(const Interface& interface) {
    // A bridge or bond that nobody uses tells nothing; one that has an address tells where programs listen.
    if (!interface.is_hardware && (!interface.is_up || interface.addresses.empty())) return;
    const NodeIndex node = interface.is_hardware ? port_of(interface) : virtual_device(interface.name);
    if (draft_.node(node).identity.empty()) draft_.node(node).identity = interface.hardware_address;
    annotate(node, interface);
    if (!interface.is_hardware || !interface.is_up) return;
    const NodeIndex nic = draft_.node(node).kind == NodeKind::port ? draft_.node(node).parent : node;
    const bool is_infiniband = interface.type == Interface::Type::infiniband;
    links_.try_emplace({nic, interface.port}, link(nic, interface.port, is_infiniband, interface.gbs));
  }

  /// Before the interfaces, since their rates count for more.
  void add(const RdmaDevice& device) {
    const NodeIndex nic =
        device.is_hardware ? draft_.device(NodeKind::nic, device.pci, device.numa) : virtual_device(device.name);
    if (draft_.node(nic).guid == 0) draft_.node(nic).guid = device.guid;
    annotate(nic, "name", device.name);
    for (const auto& [name, value] : device.said) annotate(nic, name, value);
    for (const RdmaPort& port : device.ports) {
      if (device.is_hardware) add(device, port, nic);
    }
  }

  void add_links() {
    for (const auto& [port, link] : links_) draft_.add(link);
  }

 private:
  using Port = std::pair<NodeIndex, std::uint16_t>;

  void annotate(NodeIndex nic, const std::string& name, const std::string& value) {
    draft_.annotate(nic, rdma_origin, name, value);
  }

  void add(const RdmaDevice& device, const RdmaPort& port, NodeIndex nic) {
    const std::string name = name_of(device, port);
    NodeIndex node = draft_.part(name);
    if (node == no_node || draft_.node(node).parent != nic) {
      node = draft_.add(Node{.kind = NodeKind::port, .parent = nic, .name = name});
    }
    draft_.node(node).number = port.number;
    draft_.node(node).guid = port.guid;
    for (const auto& [file, value] : port.said) draft_.annotate(node, rdma_port_origin, file, value);
    if (!port.is_active) return;
    Link to_network = link(nic, port.number, port.is_infiniband, port.gbs);
    to_network.width = port.width;
    links_.try_emplace({nic, port.number}, to_network);
  }

  /// That of its network interface, by which people know it. The kernel tells which one that is for RoCE alone.
  std::string name_of(const RdmaDevice& device, const RdmaPort& port) const {
    if (!port.interface.empty()) return port.interface;
    for (const Interface& interface : interfaces_) {
      if (device.pci && interface.pci == device.pci && interface.port == port.number) return interface.name;
    }
    return fmt::format("{}:{}", device.name, port.number);
  }

  Link link(NodeIndex nic, std::uint16_t port, bool is_infiniband, Figure gbs) {
    return Link{.from = nic,
                .to = draft_.network(is_infiniband ? "infiniband" : "ethernet"),
                .type = is_infiniband ? LinkType::infiniband : LinkType::ethernet,
                .from_port = port,
                .declared = both_ways(gbs)};
  }

  /// The node that hwloc or RDMA made for it, or a new one in its adapter.
  NodeIndex port_of(const Interface& interface) {
    const NodeIndex found = draft_.part(interface.name);
    if (found != no_node) {
      Node& node = draft_.node(found);
      if (node.kind == NodeKind::port && !node.number) node.number = interface.port;
      if (node.kind == NodeKind::port || node.kind == NodeKind::nic) return found;
    }
    return draft_.add(Node{.kind = NodeKind::port,
                           .parent = draft_.device(NodeKind::nic, interface.pci, interface.numa),
                           .number = interface.port,
                           .name = interface.name});
  }

  /// In which a program can listen, but which is no way of its own: what passes it passes an adapter too.
  NodeIndex virtual_device(const std::string& name) {
    const NodeIndex found = draft_.part(name);
    if (found != no_node) return found;
    return draft_.add(Node{.kind = NodeKind::other, .parent = draft_.host(), .name = name});
  }

  void annotate(NodeIndex node, const Interface& interface) {
    const auto say = [&](const char* name, const std::string& value) {
      if (!value.empty()) draft_.annotate(node, interface_origin, name, value);
    };
    say(interface_name, interface.name);
    say(state_name, interface.state);
    if (interface.lacks_carrier) say(carrier_name, "no");
    say(master_name, interface.master);
    say(master_kind_name, interface.master_kind);
    if (interface.mtu_bytes) say(mtu_name, std::to_string(*interface.mtu_bytes));
    for (const std::string& address : interface.addresses) say("address", address);
    if (interface.has_default_route_ipv4) say("default_route", "ipv4");
    if (interface.has_default_route_ipv6) say("default_route", "ipv6");
  }

  const std::vector<Interface>& interfaces_;
  HostDraft& draft_;
  std::map<Port, Link> links_;
};

}  // namespace

void add_network(const std::vector<Interface>& interfaces, const std::vector<RdmaDevice>& devices, HostDraft& draft) {
  Network network(interfaces, draft);
  for (const RdmaDevice& device : devices) network.add(device);
  for (const Interface& interface : interfaces) network.add(interface);
  network.add_links();
}

}  // namespace treering::topology
