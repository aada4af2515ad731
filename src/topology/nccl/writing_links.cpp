// Links of GPUs as the elements inside of <gpu>.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "topology/names.hpp"
#include "topology/nccl/origins.hpp"
#include "topology/nccl/values.hpp"
#include "topology/nccl/writing.hpp"

namespace treering::topology {
namespace {

/// "nvlink" of "nccl.nvlink.3"; empty where the origin is none of a GPU's elements.
std::string tag_of(std::string_view origin) {
  constexpr std::string_view before = "nccl.";
  const std::size_t dot = origin.rfind('.');
  if (!origin.starts_with(before) || dot < before.size() || !number_of(origin.substr(dot + 1))) return "";
  return std::string(origin.substr(before.size(), dot - before.size()));
}

/// What leaves the node by the link.
Figure leaving(const Link& link, NodeIndex node) {
  return link.from == node ? link.declared.forward_gbs : link.declared.back_gbs;
}

}  // namespace

/// Whether the GPU says something of a link: one that goes from there, and is none of PCIe.
bool Writing::leaves_gpu(NodeIndex gpu, const Arc& arc) const {
  const Link& link = topology_.link(arc.link);
  const bool is_of_gpu = link.type == LinkType::nvlink || link.type == LinkType::xgmi || link.type == LinkType::c2c;
  return is_of_gpu && leaving(link, gpu) != Figure(0);
}

void Writing::write_links_of_gpu(NodeIndex gpu, pugi::xml_node element) {
  Arcs links;
  for (const Arc& arc : adjacency_.of(gpu)) {
    if (leaves_gpu(gpu, arc)) links.emplace(std::pair(arc.to, topology_.link(arc.link).type), arc.link);
  }
  std::string_view last;
  for (const Attribute& attribute : topology_.node_attributes(gpu)) {
    if (attribute.origin == std::exchange(last, attribute.origin)) continue;
    const std::string tag = tag_of(attribute.origin);
    if (tag.empty()) continue;
    Element read(element, tag, topology_.node_attributes(gpu), attribute.origin);
    if (!takes_link(gpu, read, links)) element.remove_child(read.xml());
  }
  for (const auto& [end, link] : links) write_link(gpu, {.to = end.first, .link = link}, element);
}

/// Takes the link that an element stands for from those that are left. False: it stands for one that is no more.
bool Writing::takes_link(NodeIndex gpu, Element& element, Arcs& links) const {
  const std::string_view tag = element.xml().name();
  const auto count = number_of(element.text("count"));
  if ((tag != "nvlink" && tag != "xgmi" && tag != "c2c") || count == 0u) return true;
  const LinkType type = tag == "c2c" ? LinkType::c2c : tag == "xgmi" ? LinkType::xgmi : LinkType::nvlink;
  const NodeIndex end = end_of(gpu, type, element);
  if (end == no_node || end == gpu) return true;  // it never stood for one
  const auto link = links.find({end, type});
  if (link == links.end()) return false;
  const auto now = topology_.link(link->second).count;
  element.say("count", !now || now == count, fmt::format("{}", now.value_or(0)));
  if (topology_.node(end).kind == NodeKind::nvswitch)
    element.say("target", pci_address(element.text("target")) == address_of(end), text_of(address_of(end)));
  links.erase(link);
  return true;
}

/// As reading finds it.
NodeIndex Writing::end_of(NodeIndex gpu, LinkType type, const Element& element) const {
  const std::string_view target_class = element.text("tclass");
  if (type == LinkType::c2c || target_class == processor_class) return domain_around(gpu);
  const auto target = pci_address(element.text("target"));
  if (!target) return no_node;
  if (target_class != nvswitch_class) return gpu_addresses_.find(host(gpu), *target);
  const NodeIndex inside = nvswitch_addresses_.find(host(gpu), *target);
  return inside == no_node ? nvswitch_addresses_.find(no_node, *target) : inside;
}

NodeIndex Writing::domain_around(NodeIndex node) const {
  while (node != no_node && topology_.node(node).kind != NodeKind::numa) node = topology_.node(node).parent;
  return node;
}

void Writing::write_link(NodeIndex gpu, const Arc& arc, pugi::xml_node element) const {
  const Link& link = topology_.link(arc.link);
  const double gbs = leaving(link, gpu).value_or(0);
  constexpr double usual_gbs = 25;  // of an NVLink from V100 to H100
  const std::uint32_t count =
      link.count.value_or(static_cast<std::uint32_t>(std::max(1.0, std::round(std::min(gbs, 1e6) / usual_gbs))));
  pugi::xml_node written = element.append_child(std::string(name_of(link.type)).c_str());
  if (link.type == LinkType::c2c) {
    written.append_attribute("bw").set_value(static_cast<unsigned>(std::min(gbs, 1e6) * 1000 / count));
    written.append_attribute("count").set_value(count);
    return;
  }
  written.append_attribute("target").set_value(text_of(address_of(arc.to)).c_str());
  written.append_attribute("count").set_value(count);
  written.append_attribute("tclass").set_value(class_of(arc.to).c_str());
}

std::string Writing::class_of(NodeIndex node) const {
  for (const Attribute& attribute : topology_.node_attributes(node)) {
    if (attribute.origin == pci_origin && attribute.name == "class") return std::string(attribute.value);
  }
  switch (topology_.node(node).kind) {
    case NodeKind::gpu: return "0x030200";
    case NodeKind::nvswitch: return std::string(nvswitch_class);
    case NodeKind::numa: return std::string(processor_class);
    case NodeKind::nic: {
      const Link* link = network_link(node);
      return link && link->type == LinkType::infiniband ? "0x020700" : "0x020000";
    }
    default: return "0x060400";
  }
}

}  // namespace treering::topology
