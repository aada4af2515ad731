#include "topology/nccl/gpu_links.hpp"

#include <fmt/format.h>

#include <optional>

#include "topology/names.hpp"
#include "topology/nccl/origins.hpp"
#include "topology/nccl/values.hpp"
#include "topology/nvlink.hpp"

namespace treering::topology {
namespace {

Figure times(Figure gbs, std::optional<std::uint32_t> count) {
  return gbs.is_known() && count ? Figure(gbs.value() * *count) : Figure();
}

/// Of the whole link, by what its element says: `bw` is MB/s of one lane.
Link c2c_link(pugi::xml_node element) {
  const auto count = number_of(element.attribute("count").value());
  const Figure mbs = positive_of(element.attribute("bw").value());
  const Figure gbs = times(mbs.is_known() ? Figure(mbs.value() / 1000) : Figure(), count);
  return {.type = LinkType::c2c, .count = count, .declared = both_ways(gbs)};
}

Link lanes(pugi::xml_node gpu, pugi::xml_node element, LinkType type) {
  const auto count = number_of(element.attribute("count").value());
  const Figure gbs = type == LinkType::nvlink ? nvlink_gbs(number_of(gpu.attribute("sm").value()).value_or(0))
                                              : xgmi_gbs(gpu.attribute("gcn").value());
  return {.type = type, .count = count, .declared = both_ways(times(gbs, count))};
}

}  // namespace

void GpuLinks::build(TopologyBuilder& builder, bool several_hosts) {
  several_hosts_ = several_hosts;
  for (const GpuElement& gpu : gpus_) {
    for (const pugi::xml_node element : gpu.xml.children()) take(builder, gpu, element);
  }
  for (const Link& link : links_) builder.add(link);
}

void GpuLinks::take(TopologyBuilder& builder, const GpuElement& gpu, pugi::xml_node element) {
  const std::string_view tag = element.name();
  const auto connect = [&](NodeIndex to, Link link) {
    link.from = gpu.node;
    link.to = to;
    if (link.count != 0u && to != no_node) links_.push_back(link);
  };
  if (tag == "c2c") return connect(gpu.domain, c2c_link(element));
  if (tag != "nvlink" && tag != "xgmi") return;
  const Link link = lanes(gpu.xml, element, tag == "xgmi" ? LinkType::xgmi : LinkType::nvlink);
  const std::string_view target_class = element.attribute("tclass").value();
  if (target_class == processor_class) return connect(gpu.domain, link);
  const auto target = pci_address(element.attribute("target").value());
  if (!target) return;
  if (target_class == nvswitch_class) return connect(nvswitch(builder, gpu.host, *target), link);
  if (const NodeIndex peer = addresses_.find(gpu.host, *target); peer != no_node) take_peer(gpu, peer, link);
}

void GpuLinks::take_peer(const GpuElement& gpu, NodeIndex peer, const Link& link) {
  if (peer == gpu.node || link.count == 0u) return;
  Open& of_peer = open_[{peer, gpu.node, link.type}];
  if (of_peer.next < of_peer.links.size()) {
    Link& whole = links_[of_peer.links[of_peer.next++]];
    whole.declared.back_gbs = link.declared.forward_gbs;
    if (whole.count != link.count) whole.count = {};
    return;
  }
  open_[{gpu.node, peer, link.type}].links.push_back(links_.size());
  Link one_way = link;
  one_way.from = gpu.node;
  one_way.to = peer;
  one_way.declared.back_gbs = 0;
  links_.push_back(one_way);
}

NodeIndex GpuLinks::nvswitch(TopologyBuilder& builder, NodeIndex host, const PciAddress& address) {
  const bool is_shared = several_hosts_ && address.domain >= first_made_up_domain;
  const NodeIndex scope = is_shared ? no_node : host;
  if (const NodeIndex known = nvswitches_.find(scope, address); known != no_node) return known;
  const std::uint32_t number = nvswitch_counts_[scope]++;
  std::string name = fmt::format("nvswitch{}", number);
  while (builder.find(is_shared ? name : full_name(builder.nodes(), host) + "/" + name) != no_node) name += "'";
  const NodeIndex node = builder.add(
      Node{.kind = NodeKind::nvswitch, .parent = scope, .number = number, .pci = address, .name = std::move(name)});
  nvswitches_.add(scope, address, node);
  return node;
}

}  // namespace treering::topology
