#include "tools/topo/layout.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace treering::topo {
namespace {

using topology::NodeKind;

constexpr double gap = Layout::gap, margin = Layout::margin, part_height = Layout::part_height;
constexpr double title_height = 20, bar_height = 20;

bool is_switch(NodeKind kind) {
  return kind == NodeKind::pci_switch || kind == NodeKind::pci_bridge;
}

double label_width(const topology::Node& node) {
  return 16 + 7.2 * static_cast<double>(std::min(node.name.size(), Layout::most_label_bytes));
}

}  // namespace

Layout::Layout(const Topology& topology)
    : topology_(topology),
      parts_(topology),
      adjacency_(topology),
      shapes_(topology.nodes().size()),
      sizes_(topology.nodes().size()),
      places_(topology.nodes().size()) {
  for (std::size_t i = shapes_.size(); i-- > 0;) {
    const auto node = static_cast<NodeIndex>(i);
    shapes_[node] = shape_of(node);
    measure(node);
  }
  std::vector<NodeIndex> switches, nvswitches, hosts;
  for (const NodeIndex node : parts_.top()) {
    if (shapes_[node] == Shape::none) continue;
    const NodeKind kind = topology_.node(node).kind;
    (kind == NodeKind::network_switch ? switches : kind == NodeKind::nvswitch ? nvswitches : hosts).push_back(node);
  }
  put_hosts(hosts, margin + put_switches(switches), !switches.empty());
  put_switches(switches);
  put_shared(nvswitches);
  width_ += margin;
  height_ += margin;
}

Shape Layout::shape_of(NodeIndex index) const {
  const NodeKind kind = topology_.node(index).kind;
  if (kind == NodeKind::cache && adjacency_.of(index).empty()) return Shape::none;
  const bool holds = !drawn_parts(index).empty();
  if (!holds && adjacency_.of(index).empty() && kind != NodeKind::host && kind != NodeKind::gpu) return Shape::none;
  if (kind == NodeKind::nvswitch || kind == NodeKind::network_switch) return Shape::bar;
  if (holds) return is_switch(kind) ? Shape::bar : Shape::box;
  return is_switch(kind) ? Shape::bar : Shape::part;
}

std::vector<NodeIndex> Layout::drawn_parts(NodeIndex node) const {
  std::vector<NodeIndex> drawn;
  add_drawn_parts(node, drawn);
  return drawn;
}

void Layout::add_drawn_parts(NodeIndex node, std::vector<NodeIndex>& drawn) const {
  for (const NodeIndex part : parts_.of(node)) {
    if (shapes_[part] != Shape::none)
      drawn.push_back(part);
    else if (topology_.node(part).kind == NodeKind::cache)
      add_drawn_parts(part, drawn);
  }
}

Rectangle Layout::title(NodeIndex box) const {
  return {places_[box].x + 6, places_[box].y, (label_width(topology_.node(box)) - 16) * 11 / 12, title_height};
}

std::optional<Detour> Layout::detour(NodeIndex node) const {
  while (topology_.node(node).parent != topology::no_node) node = topology_.node(node).parent;
  const auto found = detours_.find(node);
  return found == detours_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Layout::Row> Layout::rows_of(std::span<const NodeIndex> nodes, std::size_t most_in_row) const {
  std::vector<Row> rows;
  for (const NodeIndex node : nodes) {
    if (rows.empty() || rows.back().nodes.size() == most_in_row) rows.emplace_back();
    Row& row = rows.back();
    row.width += (row.nodes.empty() ? 0 : gap) + sizes_[node].width;
    row.height = std::max(row.height, sizes_[node].height);
    row.nodes.push_back(node);
  }
  return rows;
}

namespace {

/// The parts of a PCIe switch above it (NICs) and below it; of a host, the NVSwitches below all else.
struct Sides {
  std::vector<NodeIndex> above, below;
};

Sides sides_of(const Topology& topology, const std::vector<NodeIndex>& parts, NodeKind apart) {
  Sides sides;
  for (const NodeIndex part : parts) (topology.node(part).kind == apart ? sides.above : sides.below).push_back(part);
  return sides;
}

constexpr std::size_t most_in_row = 8, most_cores_in_row = 4;

}  // namespace

void Layout::measure(NodeIndex node) {
  switch (shapes_[node]) {
    case Shape::none: break;
    case Shape::part: sizes_[node] = {0, 0, std::max(46.0, label_width(topology_.node(node))), part_height}; break;
    case Shape::bar: measure_bar(node); break;
    case Shape::box: measure_box(node); break;
  }
}

void Layout::measure_bar(NodeIndex node) {
  const auto [above, below] = sides_of(topology_, drawn_parts(node), NodeKind::nic);
  double width = label_width(topology_.node(node)), height = bar_height;
  for (const auto& side : {above, below})
    for (const Row& row : rows_of(side, most_in_row)) {
      width = std::max(width, row.width + 2 * gap);  // room beside the parts for what leads past them
      height += row.height + 2 * gap;
    }
  sizes_[node] = {0, 0, width, height};
}

Layout::Block Layout::block_of(std::span<const NodeIndex> nodes, std::size_t in_row) const {
  Block block{rows_of(nodes, in_row)};
  for (const Row& row : block.rows) {
    block.width = std::max(block.width, row.width);
    block.height += row.height + (&row == &block.rows.front() ? 0 : gap);
  }
  return block;
}

Layout::Content Layout::content_of(NodeIndex box) const {
  auto [bars, parts] = sides_of(topology_, drawn_parts(box), NodeKind::nvswitch);
  const auto [cores, others] = sides_of(topology_, parts, NodeKind::core);
  return {block_of(others, most_in_row), block_of(cores, most_cores_in_row), std::move(bars)};
}

void Layout::measure_box(NodeIndex node) {
  const auto [others, cores, bars] = content_of(node);
  const double beside = cores.width > 0 && others.width > 0 ? gap : 0;
  const double width = std::max(label_width(topology_.node(node)), others.width + beside + cores.width);
  const double height = title_height + std::max(others.height, cores.height) + 2 * gap;
  sizes_[node] = {0, 0, width + 2 * gap, height + (bars.empty() ? 0 : part_height + gap)};
}

void Layout::put(NodeIndex node, double x, double y) {
  const Rectangle& size = sizes_[node];
  places_[node] = {x, y, size.width, size.height};
  height_ = std::max(height_, y + size.height);
  width_ = std::max(width_, x + size.width);
  if (shapes_[node] == Shape::bar) put_bar(node, x, y);
  if (shapes_[node] == Shape::box) put_box(node, x, y);
}

void Layout::put_bar(NodeIndex node, double x, double y) {
  const auto [above, below] = sides_of(topology_, drawn_parts(node), NodeKind::nic);
  const double width = sizes_[node].width;
  double at = y;
  for (const Row& row : rows_of(above, most_in_row)) {
    put_row(row, x, at, width);
    at += row.height + 2 * gap;
  }
  places_[node] = {x, at, width, bar_height};
  at += bar_height + 2 * gap;
  for (const Row& row : rows_of(below, most_in_row)) {
    put_row(row, x, at, width);
    at += row.height + 2 * gap;
  }
}

void Layout::put_box(NodeIndex node, double x, double y) {
  const auto [others, cores, bars] = content_of(node);
  const Rectangle& size = sizes_[node];
  const double bottom = y + title_height + gap + std::max(others.height, cores.height);
  const double cores_width = cores.width + (cores.width > 0 ? gap : 0);
  put_block(others, x + gap, bottom, size.width - gap - (cores_width > 0 ? cores_width : gap));
  put_block(cores, x + size.width - gap - cores.width, bottom, cores.width);
  const double width = (size.width - gap) / static_cast<double>(std::max<std::size_t>(1, bars.size()));
  for (std::size_t i = 0; i < bars.size(); ++i)
    places_[bars[i]] = {x + gap + static_cast<double>(i) * width, y + size.height - bar_height - gap, width - gap,
                        bar_height};
}

void Layout::put_block(const Block& block, double x, double bottom, double width) {
  double at = bottom - block.height;
  for (const Row& row : block.rows) {
    put_row(row, x, at, width);
    at += row.height + gap;
  }
}

/// Stands the nodes on the lower edge, so that devices of one kind are level.
void Layout::put_row(const Row& row, double x, double y, double width) {
  double at = x + (width - row.width) / 2;
  for (const NodeIndex node : row.nodes) {
    put(node, at, y + row.height - sizes_[node].height);
    at += sizes_[node].width + gap;
  }
}

}  // namespace treering::topo
