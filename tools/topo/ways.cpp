#include "tools/topo/ways.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::NodeKind;

constexpr double end_gap = 5;  // of a line from the corner of what it ends at

}  // namespace

Ways::Ways(const Topology& topology, const Layout& layout) : topology_(topology), layout_(layout) {
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    if (layout.shape(i) == Shape::box)
      obstacles_.push_back(layout.title(i));
    else if (layout.shape(i) != Shape::none)
      obstacles_.push_back(layout.place(i));
  }
}

std::string Ways::of(NodeIndex a, NodeIndex b) const {
  return leads_far(a, b) ? ends(a, b) : between(a, b);
}

bool Ways::holds(NodeIndex outer, NodeIndex inner) const {
  return layout_.shape(outer) == Shape::box && topology::lies_in(topology_.nodes(), inner, outer);
}

bool Ways::is_network(NodeIndex node) const {
  return topology_.node(node).kind == NodeKind::network_switch;
}

std::string Ways::between(NodeIndex a, NodeIndex b) const {
  if (holds(a, b)) return to_box(b, a);
  if (holds(b, a)) return to_box(a, b);
  if (is_network(b) && layout_.detour(a)) return past_hosts(a, b, *layout_.detour(a));
  if (is_network(a) && layout_.detour(b)) return past_hosts(b, a, *layout_.detour(b));
  Rectangle from = layout_.place(a), to = layout_.place(b);
  if (std::abs(from.y - to.y) < 2 || std::abs(from.bottom() - to.bottom()) < 2) return along(a, from, to);
  if (from.y > to.y) std::swap(from, to);
  if (is_network(a) && is_network(b))
    return fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", towards(from, to), from.bottom(), towards(to, from), to.y);
  const auto near = [](double x, const Rectangle& in) { return std::clamp(x, in.x + end_gap, in.right() - end_gap); };
  const bool from_is_wider = from.width > to.width;
  const double x1 = from_is_wider ? near(to.middle(), from) : from.middle();
  const double x2 = from_is_wider ? to.middle() : near(from.middle(), to);
  return fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", x1, from.bottom(), x2, to.y);
}

std::string Ways::past_hosts(NodeIndex node, NodeIndex bar, const Detour& detour) const {
  const Rectangle &from = layout_.place(node), &to = layout_.place(bar);
  return fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}V{:.1f}L{:.1f} {:.1f}", from.middle(), from.y, detour.x, detour.start,
                     detour.end, std::clamp(detour.x, to.x + end_gap, to.right() - end_gap), to.bottom());
}

/// From a part to the edge of a box that it is in: straight up, or down where something is in the way.
std::string Ways::to_box(NodeIndex node, NodeIndex box) const {
  const Rectangle &from = layout_.place(node), &to = layout_.place(box);
  const double right = from.right() - end_gap, left = from.x + end_gap;
  const auto line = [](double x, double start, double end) {
    return fmt::format("M{:.1f} {:.1f}V{:.1f}", x, start, end);
  };
  for (const double x : {right, left})
    if (is_clear(x, to.y, from.y)) return line(x, from.y, to.y);
  for (const double x : {right, left})
    if (is_clear(x, from.bottom(), to.bottom())) return line(x, from.bottom(), to.bottom());
  return line(right, from.y, to.y);
}

bool Ways::is_clear(double x, double top, double bottom) const {
  return std::ranges::none_of(obstacles_, [&](const Rectangle& at) {
    return at.x < x + 2 && x - 2 < at.right() && at.y < bottom - 1 && top + 1 < at.bottom();
  });
}

/// Where links leave a switch, so that they fan out in the order of what they lead to.
double Ways::towards(const Rectangle& at, const Rectangle& other) const {
  return at.x + end_gap + (at.width - 2 * end_gap) * other.middle() / layout_.width();
}

/// Between neighbours straight, otherwise in an arc: below GPUs, above others.
std::string Ways::along(NodeIndex a, Rectangle from, Rectangle to) const {
  if (from.x > to.x) std::swap(from, to);
  const double middle = from.y + std::min(from.height, to.height) / 2;
  if (to.x - from.right() < 60) return fmt::format("M{:.1f} {:.1f}H{:.1f}", from.right(), middle, to.x);
  const bool below = topology_.node(a).kind == NodeKind::gpu;
  const double y = below ? from.bottom() : from.y, bend = std::min(60.0, 10 + (to.x - from.x) / 12);
  return fmt::format("M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}", from.middle(), y, (from.middle() + to.middle()) / 2,
                     below ? y + bend : y - bend, to.middle(), y);
}

bool Ways::leads_far(NodeIndex a, NodeIndex b) const {
  const NodeIndex one = topology::host_of(topology_.nodes(), a), other = topology::host_of(topology_.nodes(), b);
  if (topology_.grid().extents.empty() || one == topology::no_node || other == topology::no_node) return false;
  const auto from = topology_.coordinates(one), to = topology_.coordinates(other);
  std::uint32_t distance = 0;
  for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i) {
    const std::uint32_t apart = std::max(from[i], to[i]) - std::min(from[i], to[i]);
    distance += apart * (i + 2 >= from.size() ? 1 : 2);
  }
  return distance > 1;
}

/// Only the ends of a link that would cross the picture: level or upright where it goes round in its row or column,
/// otherwise aslant, on the upper side of the cell that comes first.
std::string Ways::ends(NodeIndex a, NodeIndex b) const {
  const Rectangle &from = layout_.place(a), &to = layout_.place(b);
  constexpr double length = 11;
  const auto end = [](double x, double y, double dx, double dy) {
    return fmt::format("M{:.1f} {:.1f}l{:.1f} {:.1f}", x, y, dx, dy);
  };
  const bool in_panel = in_one_panel(a, b);
  const bool in_column = in_panel && std::abs(from.middle() - to.middle()) < 1, in_row = in_panel && from.y == to.y;
  const bool in_order = in_column || in_row ? std::tie(from.x, from.y) <= std::tie(to.x, to.y) : comes_next(a, b);
  if (!in_order) return ends(b, a);
  if (in_column) return end(from.middle(), from.y, 0, -length) + end(to.middle(), to.bottom(), 0, length);
  if (in_row)
    return end(from.x, from.y + from.height / 2, -length, 0) + end(to.right(), to.y + to.height / 2, length, 0);
  return end(from.right() - 8, from.y, length * 0.7, -length * 0.7) +
         end(to.x + 8, to.bottom(), -length * 0.7, length * 0.7);
}

/// Whether b is one cell further on than a in the first dimension in which they differ; where both are, as round two
/// cells, by the order of the nodes.
bool Ways::comes_next(NodeIndex a, NodeIndex b) const {
  const auto from = topology_.coordinates(topology::host_of(topology_.nodes(), a));
  const auto to = topology_.coordinates(topology::host_of(topology_.nodes(), b));
  const auto is_next = [](std::uint32_t one, std::uint32_t other, std::uint32_t extent) {
    return (one + 1) % extent == other;
  };
  for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i) {
    if (from[i] == to[i]) continue;
    const std::uint32_t extent = topology_.grid().extents[i];
    const bool forward = is_next(from[i], to[i], extent), back = is_next(to[i], from[i], extent);
    return forward == back ? a < b : forward;
  }
  return a < b;
}

bool Ways::in_one_panel(NodeIndex a, NodeIndex b) const {
  const auto from = topology_.coordinates(topology::host_of(topology_.nodes(), a));
  const auto to = topology_.coordinates(topology::host_of(topology_.nodes(), b));
  return from.size() < 3 || std::equal(from.begin(), from.end() - 2, to.begin());
}

}  // namespace treering::topo
