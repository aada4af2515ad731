#include "topology/infiniband/live/subnet.hpp"

#include <fmt/format.h>
#include <infiniband/ibnetdisc.h>
#include <infiniband/umad.h>

#include <array>
#include <cstring>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "topology/infiniband/rate.hpp"

namespace treering::topology {
namespace {

/// Whether any port of any adapter is on InfiniBand: adapters for Ethernet are there as well.
bool has_adapter() {
  std::array<char[UMAD_CA_NAME_LEN], UMAD_MAX_DEVICES> names;
  const int count = umad_get_cas_names(names.data(), names.size());
  for (int i = 0; i < count; ++i) {
    umad_ca_t adapter;
    if (umad_get_ca(names[static_cast<std::size_t>(i)], &adapter) != 0) continue;
    bool is_one = false;
    for (const umad_port_t* const port : adapter.ports) {
      is_one = is_one || (port != nullptr && std::string_view(port->link_layer) != "Ethernet");
    }
    umad_release_ca(&adapter);
    if (is_one) return true;
  }
  return false;
}

std::uint32_t field(const std::uint8_t* info, MAD_FIELDS name) {
  return mad_get_field(const_cast<std::uint8_t*>(info), 0, name);  // which only reads
}

/// Lanes by LinkWidthActive of PortInfo.
std::optional<std::uint16_t> lanes(std::uint32_t width) {
  switch (width) {
    case 1: return 1;
    case 2: return 4;
    case 4: return 8;
    case 8: return 12;
    case 16: return 2;
    default: return std::nullopt;
  }
}

/// LinkSpeedActive and LinkSpeedExtActive of PortInfo, by name. That there are extended speeds is a capability of the
/// port of an adapter, and of port 0 of a switch. (InfiniBand Architecture Specification, volume 1, PortInfo.)
std::string_view speed(const ibnd_port_t& port) {
  const ibnd_port_t* const capable = port.node->type == IB_NODE_SWITCH ? port.node->ports[0] : &port;
  constexpr std::uint32_t has_extended_speeds = 1u << 14;
  if (capable != nullptr && (field(capable->info, IB_PORT_CAPMASK_F) & has_extended_speeds) != 0) {
    switch (field(port.info, IB_PORT_LINK_SPEED_EXT_ACTIVE_F)) {
      case 1: return "FDR";
      case 2: return "EDR";
      case 4: return "HDR";
      case 8: return "NDR";
      default: break;
    }
  }
  switch (field(port.info, IB_PORT_LINK_SPEED_ACTIVE_F)) {
    case 1: return "SDR";
    case 2: return "DDR";
    case 4: return "QDR";
    default: return "";
  }
}

FabricRole role_of(const ibnd_node_t& node) {
  if (node.type == IB_NODE_SWITCH) return FabricRole::network_switch;
  return node.type == IB_NODE_ROUTER ? FabricRole::router : FabricRole::adapter;
}

/// A fabric out of the lists of libibnetdisc. What returns a text returns what is wrong, or nothing.
class Copy {
 public:
  explicit Copy(const Limits& limits) : fabric_("", limits) {}

  std::string add(const ibnd_node_t& node) {
    DeviceIndex index = 0;
    if (std::string problem = fabric_.find_or_add(role_of(node), node.guid, index); !problem.empty()) return problem;
    FabricDevice& device = fabric_.device(index);
    device.system = mad_get_field64(const_cast<std::uint8_t*>(node.info), 0, IB_NODE_SYSTEM_GUID_F);
    device.description.assign(node.nodedesc, ::strnlen(node.nodedesc, sizeof node.nodedesc));
    if (node.type == IB_NODE_SWITCH) fabric_.know_port(index, {.lid = node.smalid});
    devices_[&node] = index;
    return "";
  }

  /// After all nodes.
  std::string add_cables(const ibnd_node_t& node) {
    std::string problem;
    for (int number = 1; number <= node.numports && problem.empty(); ++number) {
      const ibnd_port_t* const port = node.ports[number];
      if (port != nullptr) problem = add(*port);
    }
    return problem;
  }

  Fabric fabric() && { return std::move(fabric_); }

 private:
  FabricEnd end_of(const ibnd_port_t& port) const {
    return {.device = devices_.at(port.node), .port = static_cast<std::uint8_t>(port.portnum)};
  }

  std::string add(const ibnd_port_t& port) {
    const FabricEnd end = end_of(port);
    if (port.node->type != IB_NODE_SWITCH) {
      fabric_.know_port(end.device, {.number = end.port, .guid = port.guid, .lid = port.base_lid});
    }
    if (port.remoteport == nullptr) return "";
    const CableRate rate{.width = lanes(field(port.info, IB_PORT_LINK_WIDTH_ACTIVE_F)),
                         .lane_gts = infiniband_gts(speed(port))};
    return fabric_.connect(end, end_of(*port.remoteport), rate);
  }

  Fabric fabric_;
  std::unordered_map<const ibnd_node_t*, DeviceIndex> devices_;
};

}  // namespace

bool can_ask_fabrics() {
  return true;
}

Result<Fabric> subnet(const FabricSearch& search, const Limits& limits) {
  if (umad_init() < 0 || !has_adapter()) return Fabric("", limits);
  std::string adapter = search.adapter;
  ibnd_config_t config{};
  const std::unique_ptr<ibnd_fabric_t, void (*)(ibnd_fabric_t*)> found(
      ibnd_discover_fabric(adapter.empty() ? nullptr : adapter.data(), search.port, nullptr, &config),
      ibnd_destroy_fabric);
  if (!found) {
    return Error{
        Code::system_error,
        fmt::format("the InfiniBand fabric cannot be asked (adapter {}, port {}: it is not there or not active, or "
                    "/dev/infiniband/umad* may not be opened) name another, or run as root",
                    adapter.empty() ? "any" : adapter, search.port == 0 ? "any" : fmt::to_string(search.port))};
  }
  Copy copy(limits);
  std::string problem;
  for (const ibnd_node_t* node = found->nodes; node != nullptr && problem.empty(); node = node->next) {
    problem = copy.add(*node);
  }
  for (const ibnd_node_t* node = found->nodes; node != nullptr && problem.empty(); node = node->next) {
    problem = copy.add_cables(*node);
  }
  if (!problem.empty()) return Error{Code::invalid_argument, problem};
  return std::move(copy).fabric();
}

}  // namespace treering::topology
