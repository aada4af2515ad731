// A topology in few words, and the same fabric in both formats of ibnetdiscover.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "topology/names.hpp"
#include "topology/topology.hpp"

namespace treering::topology {

/// "nic node1/HCA-1 0x0002c90300000010", one node a line, sorted.
inline std::string nodes_text(const Topology& topology) {
  std::vector<std::string> lines;
  for (NodeIndex node = 0; node < topology.nodes().size(); ++node) {
    lines.push_back(fmt::format("{} {}{}\n", name_of(topology.node(node).kind), full_name(topology.nodes(), node),
                                topology.node(node).guid == 0 ? "" : fmt::format(" {:#x}", topology.node(node).guid)));
  }
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

/// "node1/HCA-1 infiniband.lid 1 3", one attribute a line, sorted.
inline std::string attributes_text(const Topology& topology) {
  std::vector<std::string> lines;
  for (NodeIndex node = 0; node < topology.nodes().size(); ++node) {
    for (const auto [origin, name, value] : topology.node_attributes(node)) {
      lines.push_back(fmt::format("{} {} {} {}\n", full_name(topology.nodes(), node), origin, name, value));
    }
  }
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

/// "node1/HCA-1[1] leaf[3] 4 x 53.125: 25", one link a line, its ends and the lines sorted.
inline std::string links_text(const Topology& topology) {
  std::vector<std::string> lines;
  for (const Link& link : topology.links()) {
    std::string ends[] = {
        fmt::format("{}[{}]", full_name(topology.nodes(), link.from), link.from_port.value_or(0)),
        fmt::format("{}[{}]", full_name(topology.nodes(), link.to), link.to_port.value_or(0)),
    };
    std::sort(std::begin(ends), std::end(ends));
    lines.push_back(fmt::format("{} {} {} x {}: {}\n", ends[0], ends[1], link.width.value_or(0),
                                link.lane_gts.value_or(0), link.declared.forward_gbs.value_or(0)));
  }
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

/// Two hosts, one of them with an adapter of two ports, a router, and two switches with two cables between them. The
/// lines are those of ibnetdiscover 44, of a fabric that ibsim simulated; GUIDs and speeds are changed.
inline constexpr std::string_view device_format = R"(#
# Topology file: generated on Fri Nov 27 07:38:27 2026
#
# Initiated from node 0002c90300000010 port 0002c90300000011

vendid=0x2c9
devid=0xcb20
sysimgguid=0x8f10500000009
switchguid=0x8f10500000002(8f10500000002)
Switch	40 "S-0008f10500000002"		# "spine" base port 0 lid 7 lmc 0
[4]	"S-0008f10500000001"[14]		# "leaf" lid 1 4xHDR
[5]	"S-0008f10500000001"[15]		# "leaf" lid 1 2xNDR
[9]	"R-0005ad0000000030"[2](5ad0000000032) 		# "gate" lid 9 12xQDR

vendid=0x2c9
devid=0xcb20
sysimgguid=0x8f10500000001
switchguid=0x8f10500000001(8f10500000001)
Switch	40 "S-0008f10500000001"		# "leaf" enhanced port 0 lid 1 lmc 0
[1]	"H-0002c90300000010"[1](2c90300000011) 		# "node1 HCA-1" lid 3 4xEDR
[2]	"H-0002c90300000010"[2](2c90300000012) 		# "node1 HCA-1" lid 4 4xFDR
[3]	"H-0002c90300000020"[1](2c90300000021) 		# "node2 mlx5_0" lid 5 1xSDR
[14]	"S-0008f10500000002"[4]		# "spine" lid 7 4xHDR
[15]	"S-0008f10500000002"[5]		# "spine" lid 7 2xNDR

vendid=0x2c9
devid=0x1017
sysimgguid=0x2c90300000023
caguid=0x2c90300000020
Ca	1 "H-0002c90300000020"		# "node2 mlx5_0"
[1](2c90300000021) 	"S-0008f10500000001"[3]		# lid 5 lmc 0 "leaf" lid 1 1xSDR

vendid=0x2c9
devid=0x1017
sysimgguid=0x2c90300000010
caguid=0x2c90300000010
Ca	2 "H-0002c90300000010"		# "node1 HCA-1"
[1](2c90300000011) 	"S-0008f10500000001"[1]		# lid 3 lmc 0 "leaf" lid 1 4xEDR
[2](2c90300000012) 	"S-0008f10500000001"[2]		# lid 4 lmc 0 "leaf" lid 1 4xFDR

vendid=0x5ad
devid=0x5a
sysimgguid=0x5ad0000000030
rtguid=0x5ad0000000030
Rt	2 "R-0005ad0000000030"		# "gate"
[2](5ad0000000032) 	"S-0008f10500000002"[9]		# lid 9 lmc 0 "spine" lid 7 12xQDR
)";

inline constexpr std::string_view port_format = R"(DR path slid 0; dlid 0; 0 -> new Channel Adapter {x} portnum 1
SW     7  9 0x0008f10500000002 12x QDR - RT     9  2 0x0005ad0000000032 ( 'spine' - 'gate' )
SW     7  6 0x0008f10500000002 4x SDR                                    'spine'
SW     7  5 0x0008f10500000002 2x NDR - SW     1 15 0x0008f10500000001 ( 'spine' - 'leaf' )
SW     7  4 0x0008f10500000002 4x HDR - SW     1 14 0x0008f10500000001 ( 'spine' - 'leaf' )
RT     9  2 0x0005ad0000000032 12x QDR - SW     7  9 0x0008f10500000002 ( 'gate' - 'spine' )
CA     5  1 0x0002c90300000021 1x SDR - SW     1  3 0x0008f10500000001 ( 'node2 mlx5_0' - 'leaf' )
CA     4  2 0x0002c90300000012 4x FDR - SW     1  2 0x0008f10500000001 ( 'node1 HCA-1' - 'leaf' )
CA     3  1 0x0002c90300000011 4x EDR - SW     1  1 0x0008f10500000001 ( 'node1 HCA-1' - 'leaf' )
SW     1 15 0x0008f10500000001 2x NDR - SW     7  5 0x0008f10500000002 ( 'leaf' - 'spine' )
SW     1 14 0x0008f10500000001 4x HDR - SW     7  4 0x0008f10500000002 ( 'leaf' - 'spine' )
SW     1  3 0x0008f10500000001 1x SDR - CA     5  1 0x0002c90300000021 ( 'leaf' - 'node2 mlx5_0' )
SW     1  2 0x0008f10500000001 4x FDR - CA     4  2 0x0002c90300000012 ( 'leaf' - 'node1 HCA-1' )
SW     1  1 0x0008f10500000001 4x EDR - CA     3  1 0x0002c90300000011 ( 'leaf' - 'node1 HCA-1' )
)";

}  // namespace treering::topology
