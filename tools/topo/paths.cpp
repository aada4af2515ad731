#include "tools/topo/paths.hpp"

#include <algorithm>
#include <limits>
#include <queue>
#include <tuple>

namespace treering::topo {
namespace {

using topology::LinkType;
using topology::NodeKind;

bool is_processor(NodeKind kind) {
  return kind == NodeKind::numa || kind == NodeKind::package || kind == NodeKind::host;
}

bool only_ends(NodeKind kind) {
  return kind == NodeKind::gpu || kind == NodeKind::core;
}

/// One arc of a kind counts more than hundreds of a nearer kind.
std::uint64_t distance_of(const Topology& topology, NodeIndex from, const Arc& arc) {
  constexpr std::uint64_t nearest = 1, pcie = 1'000, processor = 1'000'000, domain = 1'000'000'000,
                          network = 1'000'000'000'000;
  const NodeKind a = topology.node(from).kind, b = topology.node(arc.to).kind;
  switch (topology.link(arc.link).type) {
    case LinkType::nvlink:
    case LinkType::xgmi:
    case LinkType::c2c: return nearest;
    case LinkType::pcie: return (is_processor(a) || is_processor(b) ? processor : pcie);
    case LinkType::memory: return (is_processor(a) && is_processor(b) ? domain : processor);
    default: return network;
  }
}

}  // namespace

Figure gbs_of(const Topology& topology, const Arc& arc) {
  const topology::Capacity capacity = topology::capacity(topology.link(arc.link));
  return arc.forward ? capacity.forward_gbs : capacity.back_gbs;
}

Width width_of(std::span<const Figure> hops) {
  Width width;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    width.is_whole = width.is_whole && hops[i].is_known();
    if (!hops[i].is_known() || (width.gbs.is_known() && width.gbs.value() <= hops[i].value())) continue;
    width.gbs = hops[i];
    width.narrow = i;
  }
  return width;
}

Width width_of(const Topology& topology, const Path& path) {
  std::vector<Figure> hops;
  for (const Arc& arc : path.arcs) hops.push_back(gbs_of(topology, arc));
  return width_of(hops);
}

std::optional<Path> PathTree::to(NodeIndex node) const {
  if (!reaches(node)) return std::nullopt;
  Path path{start_, {}};
  while (node != start_) {
    const Arc& arc = came_by_[node];
    path.arcs.push_back({node, arc.link, arc.forward});
    node = arc.to;
  }
  std::ranges::reverse(path.arcs);
  return path;
}

/// Dijkstra's algorithm (Numerische Mathematik 1, 1959). A label is (distance, minus the width); `step` makes that of
/// the node behind an arc.
template <class Step>
PathTree Paths::tree_from(NodeIndex start, std::span<const NodeIndex> targets, Step step) const {
  using Label = std::pair<std::uint64_t, double>;
  constexpr Label far{std::numeric_limits<std::uint64_t>::max(), 0};
  const std::size_t nodes = topology_.nodes().size();
  PathTree tree;
  tree.start_ = start;
  tree.came_by_.resize(nodes);
  std::vector<Label> labels(nodes, far);
  std::size_t left = targets.size();
  std::priority_queue<std::pair<Label, NodeIndex>, std::vector<std::pair<Label, NodeIndex>>, std::greater<>> open;
  labels[start] = {0, -std::numeric_limits<double>::infinity()};
  open.push({labels[start], start});
  while (!open.empty()) {
    const auto [label, node] = open.top();
    open.pop();
    if (label != labels[node]) continue;
    if (!targets.empty() && std::ranges::find(targets, node) != targets.end() && --left == 0) break;
    for (const Arc& arc : adjacency_.of(node)) {
      const double gbs = gbs_of(topology_, arc).value_or(std::numeric_limits<double>::infinity());
      if (gbs == 0) continue;
      const std::optional<Label> next = step(label, node, arc, gbs);
      if (!next || *next >= labels[arc.to]) continue;
      labels[arc.to] = *next;
      tree.came_by_[arc.to] = {node, arc.link, arc.forward};
      open.push({*next, arc.to});
    }
  }
  for (const Label& label : labels) tree.distance_.push_back(label.first);
  return tree;
}

PathTree Paths::nearest_from(NodeIndex start, std::span<const NodeIndex> targets) const {
  using Label = std::pair<std::uint64_t, double>;
  return tree_from(start, targets, [&](const Label& label, NodeIndex node, const Arc& arc, double gbs) {
    constexpr std::uint64_t through_device = 1'000'000'000'000'000;
    const std::uint64_t through = node != start && only_ends(topology_.node(node).kind) ? through_device : 0;
    const std::uint64_t distance = label.first + through + distance_of(topology_, node, arc);
    return std::optional(Label{distance, std::max(label.second, -gbs)});
  });
}

PathTree Paths::widest_from(NodeIndex start) const {
  // The width comes first: labels are (order of the width, hops), with the width itself kept in that order.
  std::vector<double> widths{std::numeric_limits<double>::infinity()};
  for (const topology::Link& link : topology_.links()) {
    const topology::Capacity capacity = topology::capacity(link);
    for (const Figure gbs : {capacity.forward_gbs, capacity.back_gbs}) widths.push_back(gbs.value_or(widths.front()));
  }
  std::ranges::sort(widths, std::greater<>());
  widths.erase(std::unique(widths.begin(), widths.end()), widths.end());
  using Label = std::pair<std::uint64_t, double>;
  return tree_from(start, {}, [&](const Label& label, NodeIndex node, const Arc&, double gbs) -> std::optional<Label> {
    if (node != start && only_ends(topology_.node(node).kind)) return std::nullopt;
    const auto order = std::ranges::lower_bound(widths, gbs, std::greater<>()) - widths.begin();
    const double hops = node == start ? 1 : label.second + 1;
    return Label{std::max(label.first, static_cast<std::uint64_t>(order)), hops};
  });
}

}  // namespace treering::topo
