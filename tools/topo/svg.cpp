// A topology as a picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tools/topo/layout.hpp"
#include "tools/topo/picture.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::LinkType;
using topology::NodeKind;

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<')
      safe += "&lt;";
    else if (c == '&')
      safe += "&amp;";
    else
      safe += c;
  }
  return safe;
}

/// What there is room for, by whole characters of UTF-8.
std::string shortened(const std::string& name) {
  if (name.size() <= Layout::most_label_bytes) return name;
  std::size_t end = Layout::most_label_bytes - 2;
  while (end > 0 && (name[end] & 0xc0) == 0x80) --end;
  return name.substr(0, end) + "..";
}

std::string_view fill_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::gpu: return "#cfe8c3";
    case NodeKind::nic:
    case NodeKind::port: return "#fbe0b3";
    case NodeKind::network_switch: return "#c9dff4";
    case NodeKind::nvswitch: return "#a9d394";
    case NodeKind::pci_switch:
    case NodeKind::pci_bridge: return "#dcdcdc";
    case NodeKind::host: return "#f7f8fa";
    default: return "#ffffff";
  }
}

std::string_view colour_of(LinkType type) {
  switch (type) {
    case LinkType::nvlink: return "#5da03a";
    case LinkType::xgmi:
    case LinkType::c2c: return "#b0518f";
    case LinkType::pcie: return "#8c8c8c";
    case LinkType::memory: return "#c9821b";
    default: return "#3f7fbf";
  }
}

class Svg {
 public:
  explicit Svg(const Topology& topology) : topology_(topology), layout_(topology) {}

  std::string text() && {
    for (NodeIndex i = 0; i < topology_.nodes().size(); ++i)
      if (layout_.shape(i) == Shape::box) add_node(i);
    for (topology::LinkIndex i = 0; i < topology_.links().size(); ++i) add_link(i);
    for (NodeIndex i = 0; i < topology_.nodes().size(); ++i)
      if (layout_.shape(i) == Shape::bar || layout_.shape(i) == Shape::part) add_node(i);
    for (NodeIndex i = 0; i < topology_.nodes().size(); ++i)
      if (layout_.shape(i) != Shape::none) add_label(i);
    add_legend();
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
        "{1:.0f}\" "
        "font-family=\"Helvetica, Arial, DejaVu Sans, sans-serif\" font-size=\"12\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{2}</svg>\n",
        std::max(layout_.width(), 420.0), legend_bottom_, text_);
  }

 private:
  void add_node(NodeIndex index) {
    const topology::Node& node = topology_.node(index);
    const Rectangle& at = layout_.place(index);
    text_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"{}\" fill=\"{}\" stroke=\"#7d8590\">"
        "<title>{}</title></rect>\n",
        at.x, at.y, at.width, at.height, layout_.shape(index) == Shape::box ? 6 : 3, fill_of(node.kind),
        escaped(name_of(topology_, index) + (node.model.empty() ? "" : ", " + node.model)));
  }

  /// The name: of a box in its corner, over the links that cross it.
  void add_label(NodeIndex index) {
    const Rectangle& at = layout_.place(index);
    const std::string name = escaped(shortened(topology_.node(index).name));
    if (layout_.shape(index) == Shape::box)
      text_ += fmt::format(
          "<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"#57606a\" stroke=\"white\" stroke-width=\"4\" "
          "paint-order=\"stroke\">{}</text>\n",
          at.x + 8, at.y + 15, name);
    else
      text_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", at.middle(),
                           at.y + at.height / 2 + 4, name);
  }

  bool holds(NodeIndex outer, NodeIndex inner) const { return topology::lies_in(topology_.nodes(), inner, outer); }

  /// The way of the pen between two nodes.
  std::string way(NodeIndex a, NodeIndex b) const {
    if (layout_.shape(a) == Shape::box && holds(a, b)) std::swap(a, b);
    Rectangle from = layout_.place(a), to = layout_.place(b);
    if (layout_.shape(b) == Shape::box && holds(b, a))
      return fmt::format("M{0:.1f} {1:.1f}V{2:.1f}", from.x + 5, from.y, to.y);
    if (std::abs(from.y - to.y) < 2 || std::abs(from.bottom() - to.bottom()) < 2) return way_along(a, from, to);
    if (from.y > to.y) std::swap(from, to);
    if (is_network(a) && is_network(b))
      return fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", towards(from, to), from.bottom(), towards(to, from), to.y);
    const auto near = [](double x, const Rectangle& in) { return std::clamp(x, in.x + 5, in.right() - 5); };
    const bool from_is_wider = from.width > to.width;
    const double x1 = from_is_wider ? near(to.middle(), from) : from.middle();
    const double x2 = from_is_wider ? to.middle() : near(from.middle(), to);
    return fmt::format("M{:.1f} {:.1f}L{:.1f} {:.1f}", x1, from.bottom(), x2, to.y);
  }

  /// A core lies in its domain: that they are linked needs no line.
  bool says_what_is_seen(const topology::Link& link) const {
    const auto is_core_in = [&](NodeIndex core, NodeIndex box) {
      return topology_.node(core).kind == NodeKind::core && topology_.node(core).parent == box;
    };
    return is_core_in(link.from, link.to) || is_core_in(link.to, link.from);
  }

  bool is_network(NodeIndex node) const { return topology_.node(node).kind == NodeKind::network_switch; }

  /// Where links leave a switch, so that they fan out in the order of what they lead to.
  double towards(const Rectangle& at, const Rectangle& other) const {
    return at.x + 5 + (at.width - 10) * other.middle() / layout_.width();
  }

  /// In a grid: whether the link leads neither inside of a cell nor to a cell beside it in the picture.
  bool leads_far(NodeIndex a, NodeIndex b) const {
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

  /// Only the ends of a link that would cross the picture: aslant where it leads out of the panel or round a corner.
  std::string ends(NodeIndex a, NodeIndex b) const {
    const Rectangle &from = layout_.place(a), &to = layout_.place(b);
    constexpr double length = 11;
    const auto end = [](double x, double y, double dx, double dy) {
      return fmt::format("M{:.1f} {:.1f}l{:.1f} {:.1f}", x, y, dx, dy);
    };
    if (std::tie(from.x, from.y) > std::tie(to.x, to.y)) return ends(b, a);
    if (from.x == to.x) return end(from.middle(), from.y, 0, -length) + end(to.middle(), to.bottom(), 0, length);
    const bool is_panel =
        topology_.coordinates(topology::host_of(topology_.nodes(), a)).size() > 2 && !in_one_panel(a, b);
    if (from.y == to.y && !is_panel)
      return end(from.x, from.y + from.height / 2, -length, 0) + end(to.right(), to.y + to.height / 2, length, 0);
    return end(from.right() - 8, from.y, length * 0.7, -length * 0.7) +
           end(to.x + 8, to.bottom(), -length * 0.7, length * 0.7);
  }

  bool in_one_panel(NodeIndex a, NodeIndex b) const {
    const auto from = topology_.coordinates(topology::host_of(topology_.nodes(), a));
    const auto to = topology_.coordinates(topology::host_of(topology_.nodes(), b));
    return std::equal(from.begin(), from.end() - 2, to.begin());
  }

  /// Between neighbours straight, otherwise in an arc: below GPUs, above others.
  std::string way_along(NodeIndex a, Rectangle from, Rectangle to) const {
    if (from.x > to.x) std::swap(from, to);
    const double middle = from.y + std::min(from.height, to.height) / 2;
    if (to.x - from.right() < 60) return fmt::format("M{:.1f} {:.1f}H{:.1f}", from.right(), middle, to.x);
    const bool below = topology_.node(a).kind == NodeKind::gpu;
    const double y = below ? from.bottom() : from.y, bend = std::min(60.0, 10 + (to.x - from.x) / 12);
    return fmt::format("M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}", from.middle(), y,
                       (from.middle() + to.middle()) / 2, below ? y + bend : y - bend, to.middle(), y);
  }

  void add_link(topology::LinkIndex index) {
    const topology::Link& link = topology_.link(index);
    if (layout_.shape(link.from) == Shape::none || layout_.shape(link.to) == Shape::none) return;
    const topology::Capacity capacity = topology::capacity(link);
    const Figure forward = capacity.forward_gbs, back = capacity.back_gbs;
    const std::string gbs = forward == back ? text_of(forward) : text_of(forward) + "/" + text_of(back);
    const double most = std::max(forward.value_or(0), back.value_or(0));
    const std::string pen = fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"{:.1f}\"{}", colour_of(link.type),
                                        1 + std::log2(1 + most) / 2, most > 0 ? "" : " stroke-dasharray=\"3 3\"");
    const bool is_far = leads_far(link.from, link.to);
    has_ends_ = has_ends_ || is_far;
    if (!says_what_is_seen(link))
      text_ += fmt::format("<path d=\"{}\" {}><title>{}, {} GB/s</title></path>\n",
                           is_far ? ends(link.from, link.to) : way(link.from, link.to), pen,
                           escaped(name_of_link(topology_, index)), gbs);
    auto& sort = sorts_[{link.type, most, gbs}];
    sort.first = pen;
    ++sort.second;
  }

  void add_legend() {
    double y = layout_.height() + 8;
    for (const auto& [sort, entry] : sorts_) {
      const auto& [type, most, gbs] = sort;
      text_ += fmt::format("<path d=\"M24 {0:.1f}h36\" {1}/>\n<text x=\"70\" y=\"{2:.1f}\">{3}, {4} GB/s: {5}</text>\n",
                           y, entry.first, y + 4, topology::name_of(type), gbs, counted(entry.second, "link"));
      y += 18;
    }
    if (has_ends_) {
      text_ +=
          fmt::format("<text x=\"24\" y=\"{:.1f}\">short ends: to the other side or another panel</text>\n", y + 4);
      y += 18;
    }
    legend_bottom_ = y + 6;
  }

  const Topology& topology_;
  const Layout layout_;
  std::string text_;
  std::map<std::tuple<LinkType, double, std::string>, std::pair<std::string, std::size_t>> sorts_;  // pen, number
  bool has_ends_ = false;  // of links that are not drawn whole
  double legend_bottom_ = 0;
};

}  // namespace

Result<std::string> svg_text(const Topology& topology) {
  constexpr std::size_t most = 4000;
  if (topology.nodes().size() <= most) return Svg(topology).text();
  return Error{Code::invalid_argument,
               fmt::format("no picture of {} nodes (more than {} are only a blur) use --format tree or json",
                           topology.nodes().size(), most)};
}

}  // namespace treering::topo
