#include "tools/topo/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "topology/names.hpp"

namespace treering::topo {
std::size_t shown_width(std::string_view text) {
  std::size_t width = 0, widest = 0;
  bool is_escape = false;
  for (const char c : text) {
    is_escape = is_escape || c == '\x1b';
    width = c == '\n' ? 0 : width + (!is_escape && (c & 0xc0) != 0x80);
    widest = std::max(widest, width);
    is_escape = is_escape && c != 'm';
  }
  return widest;
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : noun.ends_with("ch") ? "es" : "s");
}

std::string text_of(Figure gbs) {
  if (!gbs.is_known()) return "?";
  return gbs.value() < 1000 ? fmt::format("{:.4g}", gbs.value()) : fmt::format("{:.0f}", gbs.value());
}

std::string bandwidth_text(Figure gbs) {
  return gbs.is_known() ? text_of(gbs) + " GB/s" : "unknown bandwidth";
}

std::string text_of(const Width& width) {
  if (!width.gbs.is_known()) return "?";
  const double gbs = width.gbs.value();
  return (width.is_whole ? "" : "<=") + (gbs < 100 ? fmt::format("{:.3g}", gbs) : fmt::format("{:.0f}", gbs));
}

std::string contents_of(const Topology& topology) {
  std::array<std::size_t, topology::node_kinds> counts{};
  for (const topology::Node& node : topology.nodes()) ++counts[static_cast<std::size_t>(node.kind)];
  std::string text;
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    text += counted(counts[kind], topology::noun_of(static_cast<topology::NodeKind>(kind))) + ", ";
  }
  return text + counted(topology.links().size(), "link");
}

std::string name_of(const Topology& topology, NodeIndex node) {
  return topology::full_name(topology.nodes(), node);
}

std::string name_of_link(const Topology& topology, topology::LinkIndex index) {
  const topology::Link& link = topology.link(index);
  const auto end = [&](NodeIndex node, const std::optional<std::uint16_t>& port) {
    return name_of(topology, node) + (port ? fmt::format(" port {}", *port) : "");
  };
  return fmt::format("{} link {} - {}", topology::name_of(link.type), end(link.from, link.from_port),
                     end(link.to, link.to_port));
}

namespace {

std::vector<std::size_t> widths_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], shown_width(row[i]));
  }
  return widths;
}

}  // namespace

std::string Table::text() const {
  const std::vector<std::size_t> widths = widths_of(rows);
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - shown_width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string Table::text_within(std::size_t columns) const {
  const std::vector<std::size_t> widths = widths_of(rows);
  std::string text;
  for (std::size_t first = 1, end = first; first < widths.size(); first = end) {
    std::size_t width = widths[0];
    for (; end < widths.size() && (end == first || width + 2 + widths[end] <= columns); ++end) width += 2 + widths[end];
    Table part;
    for (const auto& row : rows) {
      part.rows.push_back({row[0]});
      for (std::size_t i = first; i < std::min(end, row.size()); ++i) part.rows.back().push_back(row[i]);
    }
    text += (text.empty() ? "" : "\n") + part.text();
  }
  return text;
}

}  // namespace treering::topo
