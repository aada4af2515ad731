// What reading consists of: adding nodes and links, keeping attributes, and links that no element stands for.
#include <algorithm>

#include "topology/names.hpp"
#include "topology/nccl/origins.hpp"
#include "topology/nccl/reading.hpp"
#include "topology/nccl/values.hpp"
#include "topology/pcie.hpp"
#include "topology/sound.hpp"

namespace treering::topology {

bool Reading::refuse(pugi::xml_node where, std::string problem) {
  if (!fault_) fault_ = XmlFault{where, std::move(problem)};
  return false;
}

bool Reading::has_leaves_only(pugi::xml_node element, std::string_view allowed) {
  for (const pugi::xml_node child : element.children()) {
    if (child.first_child() || (!allowed.empty() && allowed != child.name())) {
      const pugi::xml_node wrong = child.first_child() ? child.first_child() : child;
      return refuse(wrong, fmt::format("<{}> lies in <{}> (nothing is known of what that would mean) take it out",
                                       shown(wrong.name()), shown(wrong.parent().name())));
    }
  }
  return true;
}

NodeIndex Reading::host_of_hash(const std::string& hash) {
  const auto known = hosts_.find(hash);
  if (known != hosts_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(hosts_.size());
  const NodeIndex host = builder_.add(Node{.kind = NodeKind::host,
                                           .number = number,
                                           .name = free_name(fmt::format("host{}", number), no_node),
                                           .identity = hash});
  hosts_.emplace(hash, host);
  return host;
}

/// Nobody says how the ports of NCCL's files are connected; it takes all to reach all.
NodeIndex Reading::network() {
  if (network_ == no_node)
    network_ = builder_.add(Node{.kind = NodeKind::network_switch, .name = free_name("network", no_node)});
  return network_;
}

std::string Reading::free_name(const std::string& wanted, NodeIndex host) {
  const std::string prefix = host == no_node ? "" : fmt::format("{}/", builder_.nodes()[host].name);
  std::string name = wanted;
  for (std::uint32_t& times = names_[prefix + wanted]; builder_.find(prefix + name) != no_node;)
    name = fmt::format("{}#{}", wanted, ++times + 1);
  return name;
}

NodeIndex Reading::add(Node node, NodeIndex host, pugi::xml_node where) {
  if (fault_) return no_node;
  if (!builder_.fault()) node.name = free_name(node.name, host);
  const NodeIndex index = builder_.add(std::move(node));
  if (builder_.fault()) refuse(where, *builder_.fault());
  return index;
}

void Reading::add_link(const Link& link, pugi::xml_node where) {
  if (fault_) return;
  builder_.add(link);
  if (builder_.fault()) refuse(where, *builder_.fault());
}

void Reading::keep(NodeIndex node, std::string_view origin, pugi::xml_node element) {
  if (fault_) return;
  if (element.attributes().empty()) builder_.annotate_node(node, {origin, "", ""});
  for (const pugi::xml_attribute attribute : element.attributes())
    builder_.annotate_node(node, {origin, attribute.name(), attribute.value()});
  if (builder_.fault()) refuse(element, *builder_.fault());
}

void Reading::keep_elements_of(pugi::xml_node gpu, NodeIndex node) {
  std::uint32_t number = 0;
  for (const pugi::xml_node element : gpu.children())
    keep(node, fmt::format("nccl.{}.{}", element.name(), number++), element);
}

void Reading::link_pci(const Place& around, NodeIndex node, pugi::xml_node pci) {
  const SlotText slot = slot_of(pci.attribute("link_speed").value(), pci.attribute("link_width").value());
  add_link({.from = around.node,
            .to = node,
            .type = pci ? LinkType::pcie : LinkType::other,
            .width = slot.width,
            .lane_gts = slot.lane_gts,
            .declared = both_ways(pcie_gbs(slot.lane_gts, slot.width.value_or(0)))},
           pci);
}

/// The processors of a host reach each other, though no element says it.
void Reading::link_domains() {
  for (const auto& [host, domains] : domains_) {
    for (std::size_t i = 0; i < domains.size(); ++i) {
      for (std::size_t j = 0; j < i && !builder_.fault(); ++j)
        builder_.add(Link{.from = domains[j], .to = domains[i], .type = LinkType::memory});
    }
  }
}

/// <pcilink> lies in both switches that it joins.
void Reading::link_switches() {
  std::vector<std::pair<NodeIndex, NodeIndex>> joined;
  for (const auto& [element, place] : switch_links_) {
    const auto target = pci_address(element.attribute("target").value());
    const NodeIndex other = target ? switches_.find(place.host, *target) : no_node;
    if (other != no_node && other != place.node) joined.push_back(std::minmax(place.node, other));
  }
  std::sort(joined.begin(), joined.end());
  joined.erase(std::unique(joined.begin(), joined.end()), joined.end());
  for (const auto& [from, to] : joined) builder_.add(Link{.from = from, .to = to, .type = LinkType::pcie});
}

}  // namespace treering::topology
