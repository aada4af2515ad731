// Members that the native format knows. All others are kept as attributes of this origin: the name and the JSON text.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

namespace treering::topology {

inline constexpr std::string_view json_format = "treering-topology";
inline constexpr std::string_view json_origin = "json";

inline constexpr std::string_view json_topology_members[] = {"format",     "version", "grid",
                                                             "attributes", "nodes",   "links"};
inline constexpr std::string_view json_node_members[] = {"name", "kind", "part_of",  "number", "cell",
                                                         "pci",  "guid", "identity", "model",  "attributes"};
inline constexpr std::string_view json_link_members[] = {
    "from", "to", "type", "count", "width", "lane_gts", "from_port", "to_port", "declared", "measured", "attributes"};

inline bool is_known(std::span<const std::string_view> known, std::string_view name) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

}  // namespace treering::topology
