// Files for tests, and topologies as lines that say all that matters.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "topology/names.hpp"
#include "topology/nccl/nccl_xml.hpp"

namespace treering::topology {

/// Whole, and no two elements are alike.
inline constexpr std::string_view two_gpus = R"(<?xml version="1.0"?>
<!-- two GPUs -->
<system version="1" made="by hand">
  <cpu numaid="1" affinity="ff00" arch="x86_64" vendor="GenuineIntel" familyid="6" modelid="85">
    <pci busid="0000:10:00.0" class="0x060400" vendor="0x1000" subsystem_device="0x1534" link_speed="16 GT/s" link_width="16">
      <pci busid="0000:11:00.0" class="0x030200" link_speed="32.0 GT/s PCIe" link_width="8">
        <gpu dev="0" sm="80" rank="3" gdr="1">
          <nvlink target="0000:12:00.0" count="4" tclass="0x030200"/>
          <nvlink target="0000:1A:00.0" count="6" tclass="0x068000"/>
          <c2c bw="44712" count="5"/>
        </gpu>
      </pci>
      <pci busid="0000:12:00.0" class="0x030200" link_speed="32.0 GT/s PCIe" link_width="16">
        <gpu dev="1" sm="80" rank="7" gdr="0" keep="1">
          <nvlink target="0000:11:00.0" count="4" tclass="0x030200"/>
        </gpu>
      </pci>
      <pci busid="0000:13:00.0" class="0x020700" link_speed="8 GT/s" link_width="16">
        <nic>
          <net name="mlx5_3" dev="2" speed="200000" port="2" guid="0x9a7" latency="1.500000" maxconn="131072" gdr="1" coll="1"/>
        </nic>
      </pci>
    </pci>
  </cpu>
</system>
)";

/// Two hosts in one NVLink domain; the processors of one are not next to each other.
inline constexpr std::string_view two_trays = R"(<system version="1">
  <cpu host_hash="0xa1" numaid="0" arch="arm64">
    <pci busid="0008:06:00.0" class="0x030200">
      <gpu dev="0" sm="103" rank="0"><nvlink target="fffffff:ff:ff.0" count="18" tclass="0x068000"/></gpu>
    </pci>
  </cpu>
  <cpu host_hash="0xb2" numaid="0" arch="arm64">
    <pci busid="0008:06:00.0" class="0x030200">
      <gpu dev="0" sm="103" rank="1"><nvlink target="fffffff:ff:ff.0" count="18" tclass="0x068000"/></gpu>
    </pci>
  </cpu>
  <cpu host_hash="0xa1" numaid="1" arch="arm64"/>
</system>
)";

inline std::string in_cpu(const std::string& inside) {
  return "<system version=\"1\">\n<cpu numaid=\"0\">\n" + inside + "\n</cpu></system>";
}

inline Topology read(std::string_view text) {
  auto topology = topology_from_nccl_xml(text, "file.xml");
  EXPECT_TRUE(topology) << topology.error().message << "\n" << text.substr(0, 1000);
  return topology ? *std::move(topology) : Topology();
}

inline std::string write(const Topology& topology) {
  auto text = nccl_xml_of(topology);
  EXPECT_TRUE(text) << text.error().message;
  return text ? *std::move(text) : "";
}

/// "host0/gpu0 gpu 0 0000:11:00.0 in host0/numa1"
inline std::vector<std::string> nodes_of(const Topology& topology) {
  std::vector<std::string> lines;
  for (NodeIndex index = 0; index < topology.nodes().size(); ++index) {
    const Node& node = topology.node(index);
    std::string line = fmt::format("{} {}", full_name(topology.nodes(), index), name_of(node.kind));
    if (node.kind == NodeKind::host) line += node.identity.empty() ? "" : " " + node.identity;
    if (node.number && node.kind != NodeKind::host) line += fmt::format(" {}", *node.number);
    if (node.pci) line += " " + text_of(*node.pci);
    if (node.parent != no_node) line += " in " + full_name(topology.nodes(), node.parent);
    if (node.guid != 0) line += fmt::format(" guid {:x}", node.guid);
    lines.push_back(line);
  }
  return lines;
}

/// "host0/gpu0 - host0/gpu1 nvlink 4 links 100.000", the last figure being GB/s, or both ways where they differ.
inline std::vector<std::string> links_of(const Topology& topology) {
  const auto figure = [](Figure gbs) { return gbs.is_known() ? fmt::format("{:.3f}", gbs.value()) : "?"; };
  std::vector<std::string> lines;
  for (const Link& link : topology.links()) {
    std::string line = fmt::format("{} - {} {}", full_name(topology.nodes(), link.from),
                                   full_name(topology.nodes(), link.to), name_of(link.type));
    if (link.from_port) line += fmt::format(" port {}", *link.from_port);
    if (link.width) line += fmt::format(" x{} of {} GT/s", *link.width, link.lane_gts.value_or(0));
    if (link.count) line += fmt::format(" {} links", *link.count);
    const auto& [forward, back, latency] = link.declared;
    if (forward != back)
      line += " " + figure(forward) + "/" + figure(back);
    else if (forward.is_known())
      line += " " + figure(forward);
    if (latency.is_known()) line += fmt::format(" {}us", latency.value());
    lines.push_back(line);
  }
  return lines;
}

inline auto count_of(const Topology& topology, NodeKind kind) {
  return std::count_if(topology.nodes().begin(), topology.nodes().end(),
                       [&](const Node& node) { return node.kind == kind; });
}

inline auto count_of(const Topology& topology, LinkType type) {
  return std::count_if(topology.links().begin(), topology.links().end(),
                       [&](const Link& link) { return link.type == type; });
}

}  // namespace treering::topology
