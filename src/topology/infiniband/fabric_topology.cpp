#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "topology/builder.hpp"
#include "topology/infiniband/fabric.hpp"
#include "topology/infiniband/fabric_names.hpp"
#include "topology/infiniband/rate.hpp"

namespace treering::topology {
namespace {

/// The nodes of a fabric's devices, and of the hosts that they make.
class FabricNodes {
 public:
  FabricNodes(const Fabric& fabric, TopologyBuilder& builder) : builder_(builder), names_(names_of(fabric)) {}

  NodeIndex add(const FabricDevice& device, DeviceIndex index) {
    FabricName& name = names_[index];
    const NodeIndex node = builder_.add(Node{.kind = kind_of(device, name),
                                             .parent = name.host.empty() ? no_node : host(name.host),
                                             .guid = device.guid,
                                             .name = name.name});
    if (!builder_.fault()) annotate(node, device, name);
    return node;
  }

 private:
  static NodeKind kind_of(const FabricDevice& device, const FabricName& name) {
    if (device.role != FabricRole::adapter) return NodeKind::network_switch;
    return name.host.empty() ? NodeKind::other : NodeKind::nic;
  }

  NodeIndex host(const std::string& name) {
    const auto known = hosts_.find(name);
    if (known != hosts_.end()) return known->second;
    return hosts_[name] = builder_.add(Node{.kind = NodeKind::host, .name = name});
  }

  void annotate(NodeIndex node, const FabricDevice& device, const FabricName& name) {
    if (device.role == FabricRole::router) builder_.annotate_node(node, {"infiniband", "role", "router"});
    if (device.system != 0 && device.system != device.guid) {
      builder_.annotate_node(node, {"infiniband", "system", fmt::format("{:#018x}", device.system)});
    }
    // Where it was made by the rule for hosts, it can be put together again.
    const std::string said = name_from(device.description, device.guid);
    if (said != name.name && said != fmt::format("{} {}", name.host, name.name) && said != name.host) {
      builder_.annotate_node(node, {"infiniband", "description", said});
    }
    for (const FabricPort& port : device.ports) {
      const std::string number = fmt::to_string(port.number);
      if (port.guid != 0) {
        builder_.annotate_node(node, {"infiniband.port_guid", number, fmt::format("{:#018x}", port.guid)});
      }
      if (port.lid != 0) builder_.annotate_node(node, {"infiniband.lid", number, fmt::to_string(port.lid)});
    }
  }

  TopologyBuilder& builder_;
  std::vector<FabricName> names_;
  std::unordered_map<std::string, NodeIndex> hosts_;
};

Link link_of(const Cable& cable, NodeIndex from, NodeIndex to) {
  return {.from = from,
          .to = to,
          .type = LinkType::infiniband,
          .width = cable.rate.width,
          .from_port = cable.from.port,
          .to_port = cable.to.port,
          .lane_gts = cable.rate.lane_gts,
          .declared = both_ways(infiniband_gbs(cable.rate.lane_gts, cable.rate.width.value_or(0)))};
}

}  // namespace

Result<Topology> topology_of(const Fabric& fabric, const Limits& limits) {
  TopologyBuilder builder(limits);
  FabricNodes nodes(fabric, builder);
  std::vector<NodeIndex> node_of;
  for (const FabricDevice& device : fabric.devices()) {
    node_of.push_back(nodes.add(device, static_cast<DeviceIndex>(node_of.size())));
    if (builder.fault()) return fabric.error_at(device.line, *builder.fault());
  }
  for (const Cable& cable : fabric.cables()) {
    if (cable.from.device == cable.to.device) continue;  // a loopback plug, or a cable for a test: leads nowhere
    builder.add(link_of(cable, node_of[cable.from.device], node_of[cable.to.device]));
    if (builder.fault()) return fabric.error_at(cable.line, *builder.fault());
  }
  return std::move(builder).build();
}

}  // namespace treering::topology
