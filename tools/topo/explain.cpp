#include "tools/topo/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tools/topo/side_by_side.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"
#include "topology/sound.hpp"

namespace treering::topo {
namespace {

std::string shape_of(const topology::Link& link) {
  std::string text(topology::name_of(link.type));
  if (link.width) text += fmt::format(" x{}", *link.width);
  if (link.lane_gts.is_known()) text += fmt::format(" {:.4g} GT/s", link.lane_gts.value());
  if (link.count.value_or(1) > 1) text += fmt::format(", {} links", *link.count);
  return text;
}

/// "48.5 GB/s (declared 50)".
std::string bandwidth_of(const Topology& topology, const Arc& arc) {
  const topology::Link& link = topology.link(arc.link);
  const Figure measured = arc.forward ? link.measured.forward_gbs : link.measured.back_gbs;
  const Figure declared = arc.forward ? link.declared.forward_gbs : link.declared.back_gbs;
  std::string text = bandwidth_text(gbs_of(topology, arc));
  if (measured.is_known())
    text += declared.is_known() ? fmt::format(" measured ({} declared)", text_of(declared)) : " measured";
  return text;
}

std::string hops_text(const Topology& topology, const Path& path, const Width& width, const Paint& paint) {
  Table table;
  NodeIndex from = path.start;
  for (std::size_t i = 0; i < path.arcs.size(); ++i) {
    const Arc& arc = path.arcs[i];
    const Figure latency = topology::capacity(topology.link(arc.link)).latency_us;
    const bool is_narrowest = width.gbs.is_known() && i == width.narrow;
    table.rows.push_back({fmt::format("  {} - {}", name_of(topology, from), name_of(topology, arc.to)),
                          shape_of(topology.link(arc.link)), bandwidth_of(topology, arc),
                          latency.is_known() ? fmt::format("{:.4g} us", latency.value()) : "",
                          is_narrowest ? paint(Colour::bad, "<- narrowest") : ""});
    from = arc.to;
  }
  return table.text();
}

/// Why the nearest path is taken although this one is wider.
std::string wider_text(const Topology& topology, const Path& nearest, const Path& widest, const Paint& paint) {
  const Width near = width_of(topology, nearest), wide = width_of(topology, widest);
  if (!near.gbs.is_known() || !wide.gbs.is_known() || wide.gbs.value() <= near.gbs.value()) return "";
  return fmt::format("\nA wider way is not taken, since it leads farther ({}, {} GB/s):\n{}", kind_of(topology, widest),
                     text_of(wide), hops_text(topology, widest, wide, paint));
}

std::string path_text(const Topology& topology, const Path& path, const Paint& paint) {
  const Width width = width_of(topology, path);
  return fmt::format("{} to {}: {}, {}, {}\n{}", name_of(topology, path.start), name_of(topology, path.arcs.back().to),
                     kind_of(topology, path), width.gbs.is_known() ? text_of(width) + " GB/s" : "unknown bandwidth",
                     counted(path.arcs.size(), "hop"), hops_text(topology, path, width, paint));
}

/// What it carries with the links beside its own, and with the ways over other NVSwitches.
std::string beside_text(const Topology& topology, const Paths& paths, const Path& path) {
  const std::vector<Way> ways = side_by_side(topology, paths.adjacency(), path);
  const bool is_alone = ways.size() == 1 && std::ranges::all_of(ways.front().beside, &std::vector<Arc>::empty);
  if (is_alone) return "";
  return fmt::format("\n{}: {}, {} GB/s together\n",
                     ways.size() == 1
                         ? "Other NVLinks lead there beside these"
                         : fmt::format("{} ways lead there side by side, each over another NVSwitch", ways.size()),
                     kind_of(topology, ways), text_of(width_of(topology, ways)));
}

/// Where no link ends at a node (a host of which only the NIC is known), the one part of it that has links.
Result<NodeIndex> node_with_links(const Topology& topology, const Paths& paths, NodeIndex named) {
  if (!paths.adjacency().of(named).empty()) return named;
  std::vector<NodeIndex> parts;
  for (NodeIndex i = named + 1; i < topology.nodes().size(); ++i)
    if (topology::lies_in(topology.nodes(), i, named) && !paths.adjacency().of(i).empty()) parts.push_back(i);
  if (parts.empty()) return named;
  if (parts.size() == 1) return parts.front();
  return Error{Code::invalid_argument,
               fmt::format("no link ends at {} (they end at {} of its parts) name one of these, such as {}",
                           name_of(topology, named), parts.size(), name_of(topology, parts.front()))};
}

}  // namespace

Result<NodeIndex> node_named(const Topology& topology, std::string_view name) {
  const NodeIndex exact = topology::NameIndex(topology.nodes()).find(topology.nodes(), name);
  if (exact != topology::no_node) return exact;
  std::vector<std::string> same;
  NodeIndex found = topology::no_node;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    if (topology.node(i).name != name) continue;
    found = i;
    if (same.size() < 4) same.push_back(name_of(topology, i));
  }
  if (same.size() == 1) return found;
  if (same.empty())
    return Error{Code::invalid_argument, fmt::format("'{}' is no node (names are those of the matrix and of `--format "
                                                     "json`) correct it",
                                                     topology::shown(name))};
  return Error{Code::invalid_argument,
               fmt::format("'{}' is not one node (there are {}{}) write one of these", topology::shown(name),
                           fmt::join(same, ", "), same.size() == 4 ? " and perhaps more" : "")};
}

Result<std::string> explain_text(const Topology& topology, std::string_view from_name, std::string_view to_name,
                                 const Paint& paint) {
  const auto from = node_named(topology, from_name);
  if (!from) return Error(from.error());
  const auto to = node_named(topology, to_name);
  if (!to) return Error(to.error());
  if (*from == *to) return fmt::format("{} is one node: nothing has to move\n", name_of(topology, *from));
  const Paths paths(topology);
  const auto start = node_with_links(topology, paths, *from), end = node_with_links(topology, paths, *to);
  if (!start || !end) return Error((!start ? start : end).error());
  if (*start == *end)
    return fmt::format("{} and {} have the same links: nothing has to move\n", name_of(topology, *from),
                       name_of(topology, *to));
  const auto nearest = paths.nearest_from(*start).to(*end);
  if (!nearest)
    return fmt::format("{} to {}: no way (no links lead there)\n", name_of(topology, *from), name_of(topology, *to));
  const auto widest = paths.widest_from(*start).to(*end);
  return path_text(topology, *nearest, paint) + beside_text(topology, paths, *nearest) +
         (widest ? wider_text(topology, *nearest, *widest, paint) : std::string());
}

}  // namespace treering::topo
