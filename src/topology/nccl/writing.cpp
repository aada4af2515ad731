#include "topology/nccl/writing.hpp"

#include <fmt/format.h>

#include "topology/names.hpp"
#include "topology/nccl/origins.hpp"
#include "topology/nccl/values.hpp"

namespace treering::topology {
namespace {

/// Tells hosts apart whose identity is no number: FNV-1a, as http://www.isthe.com/chongo/tech/comp/fnv gives it.
std::string hash_of(const Node& host) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : host.identity + "/" + host.name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return fmt::format("{:#x}", hash);
}

std::string text_of(std::optional<std::uint32_t> number) {
  return number ? fmt::format("{}", *number) : "";
}

}  // namespace

pugi::xml_document Writing::document() {
  system_ = Element(document_, "system", topology_.attributes(), system_origin).xml();
  if (!system_.attribute("version")) system_.append_attribute("version").set_value(1);
  for (NodeIndex node = 0; node < topology_.nodes().size(); ++node) write(node);
  for (NodeIndex node = 0; node < topology_.nodes().size(); ++node) {
    if (topology_.node(node).kind == NodeKind::host) first_cpu(node);
  }
  return std::move(document_);
}

void Writing::write(NodeIndex node) {
  if (elements_[node]) return;  // a NUMA domain that a device before it lies in
  switch (topology_.node(node).kind) {
    case NodeKind::numa: elements_[node] = write_cpu(node); break;
    case NodeKind::pci_bridge:
    case NodeKind::pci_switch: elements_[node] = write_pci(node); break;
    case NodeKind::pci_device:
      if (was_read(node, pci_origin)) elements_[node] = write_pci(node);
      break;
    case NodeKind::gpu: {
      const bool is_bare = was_read(node, gpu_origin) && !was_read(node, pci_origin);
      const pugi::xml_node around = is_bare ? element_around(node) : write_pci(node);
      if (!is_bare) elements_[node] = around;
      if (has_gpu(node)) write_gpu(node, around);
      break;
    }
    case NodeKind::nic: {
      const bool is_bare = was_read(node, nic_origin) && !was_read(node, pci_origin);
      const pugi::xml_node around = is_bare ? element_around(node) : write_pci(node);
      if (!is_bare) elements_[node] = around;
      if (has_nets(node)) write_nic(node, around);
      break;
    }
    case NodeKind::other:
      if (was_read(node, other_origin)) elements_[node] = write_other(node);
      break;
    default: break;
  }
}

pugi::xml_node Writing::write_cpu(NodeIndex node) {
  const auto number = topology_.node(node).number;
  Element cpu(system_, "cpu", topology_.node_attributes(node), cpu_origin);
  const bool is_new = !was_read(node, cpu_origin);
  cpu.say("numaid", !is_new && number_of(cpu.text("numaid")) == number, number ? text_of(number) : "-1");
  say_host(cpu, host(node));
  return cpu.xml();
}

void Writing::say_host(Element& cpu, NodeIndex host) const {
  if (host == no_node) return;
  const Node& node = topology_.node(host);
  const bool needs_hash = node.identity.empty() ? unidentified_hosts_ > 1 : hosts_ > 1;
  const bool is_hash = guid_of(node.identity) != 0;
  cpu.say("host_hash", cpu.text("host_hash") == node.identity && !(node.identity.empty() && needs_hash),
          is_hash      ? node.identity
          : needs_hash ? hash_of(node)
                       : "");
}

pugi::xml_node Writing::write_pci(NodeIndex node) {
  Element pci(element_around(node), "pci", topology_.node_attributes(node), pci_origin);
  const bool is_new = !was_read(node, pci_origin);
  const PciAddress address = address_of(node);
  pci.say("busid", pci_address(pci.text("busid")) == address, topology::text_of(address));
  if (is_new) pci.say("class", false, class_of(node));
  const Link* link = pcie_link(node);
  SlotText slot;
  if (link) slot = {.lane_gts = link->lane_gts, .width = link->width};
  const bool stands = slot_of(pci.text("link_speed"), pci.text("link_width")) == slot;
  const bool is_known = slot.lane_gts.is_known() && slot.width;
  if (is_new && !is_known) {  // as NCCL itself writes it
    pci.xml().append_attribute("link_speed").set_value("");
    pci.xml().append_attribute("link_width").set_value("0");
    return pci.xml();
  }
  pci.say("link_speed", stands, is_known ? fmt::format("{:.1f} GT/s PCIe", slot.lane_gts.value()) : "");
  pci.say("link_width", stands, is_known ? text_of(*slot.width) : "");
  return pci.xml();
}

pugi::xml_node Writing::write_other(NodeIndex node) {
  const AttributeRange attributes = topology_.node_attributes(node);
  std::string tag = "element";
  for (const Attribute& attribute : attributes) {
    if (attribute.origin == other_origin && attribute.name.empty()) tag = attribute.value;
  }
  return Element(element_around(node), tag, attributes, other_origin).xml();
}

void Writing::write_gpu(NodeIndex node, pugi::xml_node around) {
  const auto number = topology_.node(node).number;
  Element gpu(around, "gpu", topology_.node_attributes(node), gpu_origin);
  const std::uint32_t rank = gpus_++;
  if (was_read(node, gpu_origin)) {
    gpu.say("dev", number_of(gpu.text("dev")) == number, text_of(number));
  } else {
    gpu.say("dev", false, text_of(number.value_or(rank)));
    gpu.say("rank", false, text_of(rank));
  }
  write_links_of_gpu(node, gpu.xml());
}

void Writing::write_nic(NodeIndex node, pugi::xml_node around) {
  const pugi::xml_node nic = Element(around, "nic", topology_.node_attributes(node), nic_origin).xml();
  if (has_net(node)) write_net(node, nic);
  for (const NodeIndex part : parts_.of(node)) {
    if (topology_.node(part).kind == NodeKind::port) write_net(part, nic);
  }
}

void Writing::write_net(NodeIndex end, pugi::xml_node nic) {
  const Node& node = topology_.node(end);
  Element net(nic, "net", topology_.node_attributes(end), net_origin);
  const std::uint32_t number = nets_++;
  if (!was_read(end, net_origin)) {
    net.say("name", false, node.name);
    net.say("dev", false, text_of(node.number.value_or(number)));
  }
  net.say("dev", number_of(net.text("dev")) == node.number || !was_read(end, net_origin), text_of(node.number));
  net.say("guid", guid_of(net.text("guid")) == node.guid, node.guid == 0 ? "" : fmt::format("{:#x}", node.guid));
  const Link* link = network_link(end);
  if (!link) return;
  const bool is_from = link->from == end;
  const auto port = is_from ? link->from_port : link->to_port;
  const Figure gbs = is_from ? link->declared.forward_gbs : link->declared.back_gbs;
  const Figure latency = link->declared.latency_us;
  net.say("speed", port_gbs_of(net.text("speed")) == gbs,
          gbs.is_known() ? fmt::format("{:.0f}", gbs.value() * 8000) : "");
  net.say("port", small_number_of(net.text("port")) == port, port ? text_of(*port) : "");
  net.say("latency", positive_of(net.text("latency")) == latency,
          latency.is_known() ? fmt::format("{}", latency.value()) : "");
}

}  // namespace treering::topology
