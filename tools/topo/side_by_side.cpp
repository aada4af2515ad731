#include "tools/topo/side_by_side.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace treering::topo {
namespace {

using topology::LinkType;
using topology::NodeKind;

bool is_nvlink(const Topology& topology, const Arc& arc) {
  return topology.link(arc.link).type == LinkType::nvlink;
}

bool carries(const Topology& topology, const Arc& arc) {
  return is_nvlink(topology, arc) && gbs_of(topology, arc).value_or(1) > 0;
}

bool is_over_an_nvswitch(const Topology& topology, const Path& path) {
  return path.arcs.size() == 2 && topology.node(path.arcs[0].to).kind == NodeKind::nvswitch &&
         is_nvlink(topology, path.arcs[0]) && is_nvlink(topology, path.arcs[1]);
}

Way way_along(const Topology& topology, const topology::Adjacency& adjacency, const Path& path) {
  Way way{path, std::vector<std::vector<Arc>>(path.arcs.size())};
  if (!std::ranges::all_of(path.arcs, [&](const Arc& arc) { return is_nvlink(topology, arc); })) return way;
  NodeIndex from = path.start;
  for (std::size_t i = 0; i < path.arcs.size(); ++i) {
    const Arc& arc = path.arcs[i];
    std::ranges::copy_if(adjacency.of(from), std::back_inserter(way.beside[i]), [&](const Arc& other) {
      return other.to == arc.to && other.link != arc.link && carries(topology, other);
    });
    from = arc.to;
  }
  return way;
}

/// NVLinks where the way has fewest; 0: some have an unknown number.
std::uint32_t nvlinks_on(const Topology& topology, const Way& way) {
  std::uint32_t fewest = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 0; i < way.path.arcs.size(); ++i) {
    std::uint32_t links = topology.link(way.path.arcs[i].link).count.value_or(0);
    if (links == 0) return 0;
    for (const Arc& arc : way.beside[i]) {
      const std::uint32_t more = topology.link(arc.link).count.value_or(0);
      if (more == 0) return 0;
      links += more;
    }
    fewest = std::min(fewest, links);
  }
  return fewest;
}

Figure gbs_with(const Topology& topology, const Arc& arc, const std::vector<Arc>& beside) {
  Figure all = gbs_of(topology, arc);
  for (const Arc& other : beside) {
    const Figure gbs = gbs_of(topology, other);
    if (!all.is_known() || !gbs.is_known()) return {};
    all = all.value() + gbs.value();
  }
  return all;
}

Width width_along(const Topology& topology, const Way& way) {
  std::vector<Figure> hops;
  for (std::size_t i = 0; i < way.path.arcs.size(); ++i)
    hops.push_back(gbs_with(topology, way.path.arcs[i], way.beside[i]));
  return width_of(hops);
}

}  // namespace

std::vector<Way> side_by_side(const Topology& topology, const topology::Adjacency& adjacency, const Path& path) {
  std::vector<Way> ways{way_along(topology, adjacency, path)};
  if (!is_over_an_nvswitch(topology, path)) return ways;
  const NodeIndex to = path.arcs[1].to;
  for (const Arc& first : adjacency.of(path.start)) {
    const bool is_taken = std::ranges::any_of(ways, [&](const Way& way) { return way.path.arcs[0].to == first.to; });
    if (is_taken || topology.node(first.to).kind != NodeKind::nvswitch || !carries(topology, first)) continue;
    const auto arcs = adjacency.of(first.to);
    const auto second =
        std::ranges::find_if(arcs, [&](const Arc& arc) { return arc.to == to && carries(topology, arc); });
    if (second != arcs.end()) ways.push_back(way_along(topology, adjacency, {path.start, {first, *second}}));
  }
  return ways;
}

std::string kind_of(const Topology& topology, const std::vector<Way>& ways) {
  const bool is_plain = std::ranges::all_of(ways.front().beside, &std::vector<Arc>::empty);
  if (ways.size() == 1 && is_plain) return kind_of(topology, ways.front().path);
  std::uint32_t nvlinks = 0;
  for (const Way& way : ways) {
    const std::uint32_t of_way = nvlinks_on(topology, way);
    if (of_way == 0) return "NV";
    nvlinks += of_way;
  }
  return fmt::format("NV{}", nvlinks);
}

Width width_of(const Topology& topology, const std::vector<Way>& ways) {
  Width all = width_along(topology, ways.front());
  for (const Way& way : std::span(ways).subspan(1)) {
    const Width width = width_along(topology, way);
    all.is_whole = all.is_whole && width.is_whole;
    if (width.gbs.is_known()) all.gbs = all.gbs.value_or(0) + width.gbs.value();
  }
  return all;
}

}  // namespace treering::topo
