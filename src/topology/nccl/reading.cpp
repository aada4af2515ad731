#include "topology/nccl/reading.hpp"

#include <algorithm>
#include <iterator>

#include "topology/names.hpp"
#include "topology/nccl/origins.hpp"
#include "topology/nccl/values.hpp"
#include "topology/pcie.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

std::string_view value(pugi::xml_node element, const char* name) {
  return element.attribute(name).value();
}

/// The one element inside, if it is <gpu> or <nic>: then it and the PCI device around it are one node.
pugi::xml_node only_function(pugi::xml_node pci) {
  const pugi::xml_node first = pci.first_child();
  const std::string_view tag = first.name();
  return !first.next_sibling() && (tag == "gpu" || tag == "nic") ? first : pugi::xml_node();
}

NodeKind kind_of(pugi::xml_node pci, pugi::xml_node function) {
  if (function) return std::string_view(function.name()) == "gpu" ? NodeKind::gpu : NodeKind::nic;
  const auto parts = std::count_if(pci.begin(), pci.end(), [](pugi::xml_node part) {
    const std::string_view tag = part.name();
    return tag == "pci" || tag == "gpu" || tag == "nic";
  });
  if (parts == 0) return kind_of_class(value(pci, "class"));
  return parts == 1 ? NodeKind::pci_bridge : NodeKind::pci_switch;
}

LinkType network_type(std::string_view pci_class) {
  if (pci_class.starts_with("0x0207")) return LinkType::infiniband;
  return pci_class.starts_with("0x0200") ? LinkType::ethernet : LinkType::network;
}

}  // namespace

void Reading::read(pugi::xml_node system) {
  const std::string_view version = value(system, "version");
  if (std::string_view(system.name()) != "system") {
    refuse(system, fmt::format("the top is <{}> (topologies of NCCL have <system> there) read another file",
                               shown(system.name())));
  } else if (version != "1" && version != "2") {
    refuse(system,
           fmt::format("'version' is '{}' (1 and 2 are known) write the file with another NCCL", shown(version)));
  }
  for (const pugi::xml_attribute attribute : system.attributes())
    builder_.annotate({system_origin, attribute.name(), attribute.value()});
  for (const pugi::xml_node element : system.children()) {
    if (std::string_view(element.name()) == "cpu")
      read_cpu(element);
    else
      read_other(element, {});
  }
  if (fault_) return;
  gpu_links_.build(builder_, hosts_.size() > 1);
  link_switches();
  link_domains();
  if (builder_.fault()) refuse(system, *builder_.fault());
}

void Reading::read_cpu(pugi::xml_node cpu) {
  if (fault_) return;
  const NodeIndex host = host_of_hash(std::string(value(cpu, "host_hash")));
  const auto number = number_of(value(cpu, "numaid"));
  const std::string name = number ? fmt::format("numa{}", *number) : "numa";
  const NodeIndex domain = add(Node{.kind = NodeKind::numa, .parent = host, .number = number, .name = name}, host, cpu);
  keep(domain, cpu_origin, cpu);
  domains_[host].push_back(domain);
  read_children(cpu, {.node = domain, .domain = domain, .host = host});
}

void Reading::read_children(pugi::xml_node element, const Place& place) {
  for (const pugi::xml_node child : element.children()) {
    if (fault_) return;
    const std::string_view tag = child.name();
    if (tag == "pci") {
      read_pci(child, place);
    } else if (tag == "gpu") {
      read_gpu(child, Node{.kind = NodeKind::gpu, .name = "gpu"}, place);
    } else if (tag == "nic") {
      read_nic(child, Node{.kind = NodeKind::nic, .name = "nic"}, place, LinkType::network);
    } else {
      read_other(child, place);
    }
  }
}

void Reading::read_pci(pugi::xml_node pci, const Place& around) {
  const auto address = pci_address(value(pci, "busid"));
  if (!address) {
    refuse(pci, fmt::format("'busid' is '{}' (it must be domain:bus:device.function in hexadecimal digits) correct it",
                            shown(value(pci, "busid"))));
    return;
  }
  const pugi::xml_node function = only_function(pci);
  Node node{.kind = kind_of(pci, function), .pci = address, .name = text_of(*address)};
  if (function && node.kind == NodeKind::gpu) return read_gpu(function, std::move(node), around);
  if (function) return read_nic(function, std::move(node), around, network_type(value(pci, "class")));
  node.parent = around.node;
  const bool is_gpu = node.kind == NodeKind::gpu;
  Place inside = around;
  inside.node = add(std::move(node), around.host, pci);
  keep(inside.node, pci_origin, pci);
  link_pci(around, inside.node, pci);
  switches_.add(around.host, *address, inside.node);
  if (is_gpu) gpu_links_.add_address(around.host, *address, inside.node);
  read_children(pci, inside);
}

void Reading::read_gpu(pugi::xml_node gpu, Node node, const Place& around) {
  node.parent = around.node;
  node.number = number_of(value(gpu, "dev"));
  node.name = node.number ? fmt::format("gpu{}", *node.number) : node.name;
  if (!has_leaves_only(gpu, "")) return;
  const std::optional<PciAddress> address = node.pci;
  const NodeIndex index = add(std::move(node), around.host, gpu);
  if (address) keep(index, pci_origin, gpu.parent());
  keep(index, gpu_origin, gpu);
  keep_elements_of(gpu, index);
  link_pci(around, index, address ? gpu.parent() : pugi::xml_node());
  gpu_links_.add({.node = index, .domain = around.domain, .host = around.host, .xml = gpu});
  if (address) gpu_links_.add_address(around.host, *address, index);
}

void Reading::read_nic(pugi::xml_node nic, Node node, const Place& around, LinkType network_type) {
  if (!has_leaves_only(nic, "net")) return;
  const auto nets = std::distance(nic.begin(), nic.end());
  const bool is_pci = node.pci.has_value();
  node.parent = around.node;
  if (nets == 1) name_net(node, nic.first_child());
  const NodeIndex index = add(std::move(node), around.host, nic);
  if (is_pci) keep(index, pci_origin, nic.parent());
  keep(index, nic_origin, nic);
  link_pci(around, index, is_pci ? nic.parent() : pugi::xml_node());
  if (nets == 1) return link_net(index, nic.first_child(), network_type);
  for (const pugi::xml_node net : nic.children()) {
    Node port{.kind = NodeKind::port, .parent = index, .name = "port"};
    name_net(port, net);
    const NodeIndex end = add(std::move(port), around.host, net);
    if (fault_) return;
    add_link(
        {.from = index, .to = end, .type = LinkType::other, .declared = both_ways(port_gbs_of(value(net, "speed")))},
        net);
    link_net(end, net, network_type);
  }
}

void Reading::name_net(Node& node, pugi::xml_node net) {
  if (is_name(value(net, "name"), limits_.name_bytes)) node.name = value(net, "name");
  node.number = number_of(value(net, "dev"));
  node.guid = guid_of(value(net, "guid"));
}

void Reading::link_net(NodeIndex end, pugi::xml_node net, LinkType type) {
  keep(end, net_origin, net);
  if (fault_) return;
  add_link({.from = end,
            .to = network(),
            .type = type,
            .from_port = small_number_of(value(net, "port")),
            .declared = both_ways(port_gbs_of(value(net, "speed")), positive_of(value(net, "latency")))},
           net);
}

void Reading::read_other(pugi::xml_node element, const Place& around) {
  if (fault_) return;
  const std::string_view tag = element.name();
  Place inside = around;
  inside.node = add(Node{.kind = NodeKind::other,
                         .parent = around.node,
                         .name = is_name(tag, limits_.name_bytes) ? std::string(tag) : "element"},
                    around.host, element);
  if (fault_) return;
  builder_.annotate_node(inside.node, {other_origin, "", tag});
  for (const pugi::xml_attribute attribute : element.attributes())
    builder_.annotate_node(inside.node, {other_origin, attribute.name(), attribute.value()});
  if (tag == "pcilink") switch_links_.emplace_back(element, around);
  for (const pugi::xml_node child : element.children()) read_other(child, inside);
}

}  // namespace treering::topology
