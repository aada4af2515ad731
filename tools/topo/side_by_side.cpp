#include "tools/topo/side_by_side.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace treering::topo {
namespace {

using topology::LinkType;
using topology::NodeKind;

bool is_over_an_nvswitch(const Topology& topology, const Path& path) {
  return path.arcs.size() == 2 && topology.node(path.arcs[0].to).kind == NodeKind::nvswitch &&
         std::ranges::all_of(path.arcs,
                             [&](const Arc& arc) { return topology.link(arc.link).type == LinkType::nvlink; });
}

bool passes_something(const Topology& topology, const Path& path) {
  return std::ranges::all_of(path.arcs, [&](const Arc& arc) { return gbs_of(topology, arc).value_or(1) > 0; });
}

}  // namespace

std::vector<Path> side_by_side(const Topology& topology, const topology::Adjacency& adjacency, const Path& path) {
  std::vector<Path> paths{path};
  if (!is_over_an_nvswitch(topology, path)) return paths;
  const auto [over, to] = std::pair(path.arcs[0].to, path.arcs[1].to);
  for (const Arc& first : adjacency.of(path.start)) {
    if (first.to == over || topology.node(first.to).kind != NodeKind::nvswitch) continue;
    for (const Arc& second : adjacency.of(first.to)) {
      Path other{path.start, {first, second}};
      if (second.to == to && is_over_an_nvswitch(topology, other) && passes_something(topology, other))
        paths.push_back(std::move(other));
    }
  }
  return paths;
}

std::string kind_of(const Topology& topology, const std::vector<Path>& paths) {
  if (paths.size() == 1) return kind_of(topology, paths.front());
  std::uint32_t nvlinks = 0;
  for (const Path& path : paths) {
    const std::uint32_t of_path = nvlinks_on(topology, path);
    if (of_path == 0) return "NV";
    nvlinks += of_path;
  }
  return fmt::format("NV{}", nvlinks);
}

Width width_of(const Topology& topology, const std::vector<Path>& paths) {
  Width all = width_of(topology, paths.front());
  for (const Path& path : std::span(paths).subspan(1)) {
    const Width width = width_of(topology, path);
    all.is_whole = all.is_whole && width.is_whole;
    if (width.gbs.is_known()) all.gbs = all.gbs.value_or(0) + width.gbs.value();
  }
  return all;
}

}  // namespace treering::topo
