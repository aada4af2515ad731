// A topology as a picture.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tools/topo/layout.hpp"
#include "tools/topo/picture.hpp"
#include "tools/topo/ways.hpp"
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

bool is_coloured(NodeKind kind) {
  return kind != NodeKind::host && fill_of(kind) != fill_of(NodeKind::other);
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

std::string with_unit(const std::string& gbs) {
  return gbs == "?" ? "bandwidth unknown" : gbs + " GB/s";
}

class Svg {
 public:
  explicit Svg(const Topology& topology) : topology_(topology), layout_(topology), ways_(topology_, layout_) {}

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
        std::max(layout_.width(), right_), legend_bottom_, text_);
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
          "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"11\" fill=\"#57606a\" stroke=\"white\" stroke-width=\"3\" "
          "paint-order=\"stroke\">{}</text>\n",
          at.x + 6, at.y + 14, name);
    else
      text_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", at.middle(),
                           at.y + at.height / 2 + 4, name);
  }

  /// A core lies in its domain: that they are linked needs no line.
  bool says_what_is_seen(const topology::Link& link) const {
    const auto is_core_in = [&](NodeIndex core, NodeIndex box) {
      return topology_.node(core).kind == NodeKind::core && topology_.node(core).parent == box;
    };
    return is_core_in(link.from, link.to) || is_core_in(link.to, link.from);
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
    has_ends_ = has_ends_ || ways_.leads_far(link.from, link.to);
    if (!says_what_is_seen(link))
      text_ += fmt::format("<path d=\"{}\" {}><title>{}, {}</title></path>\n", ways_.of(link.from, link.to), pen,
                           escaped(name_of_link(topology_, index)), with_unit(gbs));
    auto& sort = sorts_[{link.type, most, gbs}];
    sort.first = pen;
    ++sort.second;
  }

  void add_legend() {
    double y = layout_.height() + 8;
    for (const auto& [sort, entry] : sorts_) {
      const auto& [type, most, gbs] = sort;
      text_ += fmt::format("<path d=\"M24 {0:.1f}h36\" {1}/>\n<text x=\"70\" y=\"{2:.1f}\">{3}, {4}: {5}</text>\n", y,
                           entry.first, y + 4, topology::name_of(type), with_unit(gbs), counted(entry.second, "link"));
      y += 18;
    }
    if (has_ends_) {
      text_ +=
          fmt::format("<text x=\"24\" y=\"{:.1f}\">short ends: to the other side or another panel</text>\n", y + 4);
      y += 18;
    }
    add_colours(y);
    legend_bottom_ = y + 30;
  }

  /// What the colours of nodes mean, beside each other.
  void add_colours(double y) {
    std::set<NodeKind> kinds;
    for (NodeIndex i = 0; i < topology_.nodes().size(); ++i)
      if (const NodeKind kind = topology_.node(i).kind; layout_.shape(i) != Shape::none && is_coloured(kind))
        kinds.insert(kind);
    double x = 24;
    for (const NodeKind kind : kinds) {
      const std::string_view noun = topology::noun_of(kind);
      text_ += fmt::format(
          "<path d=\"M{0:.1f} {1:.1f}h14v12h-14z\" fill=\"{2}\" stroke=\"#7d8590\"/>\n"
          "<text x=\"{3:.1f}\" y=\"{4:.1f}\">{5}</text>\n",
          x, y, fill_of(kind), x + 20, y + 10, noun);
      x += 36 + 7.2 * static_cast<double>(noun.size());
    }
    right_ = std::max(right_, x);
  }

  const Topology& topology_;
  const Layout layout_;
  const Ways ways_;
  std::string text_;
  std::map<std::tuple<LinkType, double, std::string>, std::pair<std::string, std::size_t>> sorts_;  // pen, number
  bool has_ends_ = false;  // of links that are not drawn whole
  double legend_bottom_ = 0, right_ = 420;
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
