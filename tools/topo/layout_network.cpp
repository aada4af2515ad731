// Network switches in rows, and the hosts below them.
#include <algorithm>
#include <cmath>

#include "tools/topo/layout.hpp"

namespace treering::topo {

using topology::NodeKind;

namespace {

constexpr double wide = 3000, column_gap = 32;

}  // namespace

/// Spread over the width so far; says where the next may start.
double Layout::put_switches(std::span<const NodeIndex> switches) {
  if (switches.empty()) return 0;
  constexpr double row_gap = 70;
  constexpr std::size_t far = 1000;
  std::vector<std::size_t> levels(topology_.nodes().size(), far);
  std::vector<NodeIndex> open;
  for (NodeIndex i = 0; i < levels.size(); ++i) {
    if (topology_.node(i).kind == NodeKind::network_switch) continue;
    levels[i] = 0;
    open.push_back(i);
  }
  for (std::size_t i = 0; i < open.size(); ++i)
    for (const topology::Arc& arc : adjacency_.of(open[i])) {
      if (levels[arc.to] != far) continue;
      levels[arc.to] = levels[open[i]] + 1;
      open.push_back(arc.to);
    }
  std::vector<std::vector<NodeIndex>> rows;
  for (const NodeIndex node : switches) {
    const std::size_t level = levels[node] == far ? 1 : levels[node];
    rows.resize(std::max(rows.size(), level));
    rows[level - 1].push_back(node);
  }
  double y = margin + 20;  // for arcs between switches of the first row
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const auto count = static_cast<double>(std::max<std::size_t>(1, row->size()));
    double widest = 78;
    for (const NodeIndex node : *row) widest = std::max(widest, sizes_[node].width);
    const double step = std::max((width_ - margin + gap) / count, widest + gap);
    for (std::size_t i = 0; i < row->size(); ++i)
      places_[(*row)[i]] = {margin + static_cast<double>(i) * step, y, step - gap, part_height};
    width_ = std::max(width_, margin + count * step - gap);
    y += part_height + row_gap;
  }
  return y - margin;
}

void Layout::put_hosts(std::span<const NodeIndex> hosts, double y, bool has_switches) {
  height_ = std::max(height_, y);
  if (!topology_.grid().extents.empty()) return put_grid(hosts, y);
  const std::size_t in_column = has_switches ? hosts_in_column(hosts, y) : 1;
  if (in_column > 1) return put_columns(hosts, in_column, y);
  const auto count = static_cast<double>(hosts.size());
  const bool in_one_row = has_switches || row_width(hosts) <= wide;
  const auto in_row = static_cast<std::size_t>(in_one_row ? count : std::ceil(std::sqrt(count * 2)));
  double at = y;
  for (const Row& row : rows_of(hosts, std::max<std::size_t>(1, in_row))) {
    put_row(row, margin, at, std::max(row.width, in_one_row ? width_ - margin : 0));
    at += row.height + 2 * gap;
  }
}

double Layout::row_width(std::span<const NodeIndex> hosts) const {
  double width = 0;
  for (const NodeIndex host : hosts) width += sizes_[host].width + gap;
  return width;
}

Rectangle Layout::cell_for(std::span<const NodeIndex> hosts) const {
  Rectangle cell{0, 0, 0, 0};
  for (const NodeIndex host : hosts) {
    cell.width = std::max(cell.width, sizes_[host].width + column_gap);
    cell.height = std::max(cell.height, sizes_[host].height + 2 * gap);
  }
  return cell;
}

/// As few as make the picture no wider than its switches, or than a page on its side. More than one only where a row of
/// all would be very wide.
std::size_t Layout::hosts_in_column(std::span<const NodeIndex> hosts, double y) const {
  constexpr double page = 2.5;  // width over height
  if (row_width(hosts) <= std::max(wide, width_)) return 1;
  const Rectangle cell = cell_for(hosts);
  std::size_t in_column = 1;
  const auto width = [&] { return static_cast<double>((hosts.size() + in_column - 1) / in_column) * cell.width; };
  while (width() > std::max(width_, page * (y + static_cast<double>(in_column) * cell.height))) ++in_column;
  return in_column;
}

/// Column by column, so that the hosts of a leaf stand together below it.
void Layout::put_columns(std::span<const NodeIndex> hosts, std::size_t in_column, double y) {
  const Rectangle cell = cell_for(hosts);
  const auto columns = static_cast<double>((hosts.size() + in_column - 1) / in_column);
  const double step = std::max(cell.width, (width_ - margin) / columns);
  constexpr double lanes = 8, apart = (column_gap - 8) / lanes;
  for (std::size_t k = 0; k < hosts.size(); ++k) {
    const std::size_t line = k % in_column;
    const double x = margin + static_cast<double>(k / in_column) * step + column_gap;
    const double top = y + static_cast<double>(line) * cell.height;
    put(hosts[k], x, top);
    if (line == 0) continue;
    const double lane = std::fmod(static_cast<double>(line), lanes);
    detours_[hosts[k]] = {x - 4 - lane * apart, top - gap, y - gap};
  }
}

/// The last dimension to the right, the one before it down, the others as panels: as many beside each other as make the
/// picture about twice as wide as high. Cells are alike, and hosts in their middle.
void Layout::put_grid(std::span<const NodeIndex> hosts, double y) {
  double width = 0, height = 0;
  for (const NodeIndex host : hosts) {
    width = std::max(width, sizes_[host].width + 3 * gap);
    height = std::max(height, sizes_[host].height + 3 * gap);
  }
  const std::vector<std::uint32_t>& extents = topology_.grid().extents;
  const std::uint32_t columns = extents.back(), lines = extents.size() > 1 ? extents[extents.size() - 2] : 1;
  const double panel_width = columns * width + 3 * gap, panel_height = lines * height + 3 * gap;
  double panels = 1;
  for (std::size_t i = 0; i + 2 < extents.size(); ++i) panels *= extents[i];
  const double beside = std::clamp(std::round(std::sqrt(2 * panels * panel_height / panel_width)), 1.0, panels);
  for (const NodeIndex host : hosts) {
    const topology::CellIndex cell = topology_.node(host).cell == topology::no_cell ? 0 : topology_.node(host).cell;
    const double column = cell % columns, line = cell / columns % lines, panel = cell / columns / lines;
    const double down = std::floor(panel / beside);
    put(host, margin + (panel - down * beside) * panel_width + column * width + (width - sizes_[host].width) / 2,
        y + gap + down * panel_height + line * height);
  }
}

/// Below all hosts, each over its share of the width.
void Layout::put_shared(std::span<const NodeIndex> nvswitches) {
  const double width = (width_ - margin + gap) / static_cast<double>(std::max<std::size_t>(1, nvswitches.size()));
  const double y = height_ + 3 * gap;
  for (std::size_t i = 0; i < nvswitches.size(); ++i) {
    const double step = std::max(width, sizes_[nvswitches[i]].width + gap);
    const double x = i == 0 ? margin : places_[nvswitches[i - 1]].right() + gap;
    places_[nvswitches[i]] = {x, y, step - gap, part_height};
    width_ = std::max(width_, x + step - gap);
    height_ = y + part_height;
  }
}

}  // namespace treering::topo
