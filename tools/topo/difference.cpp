#include "tools/topo/difference.hpp"

#include <algorithm>
#include <compare>
#include <iterator>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "tools/topo/words.hpp"
#include "topology/json.hpp"

namespace treering::topo {
namespace {

/// A line of the file, under the name of what it says: a member of the whole, a node, a link, in this order.
struct Line {
  int what = 0;
  std::string name;
  std::string text;

  friend auto operator<=>(const Line&, const Line&) = default;
};

std::vector<Line> lines_of(const Topology& topology) {
  const std::string text = topology::json_of(topology);
  std::vector<Line> lines;
  NodeIndex node = 0;
  topology::LinkIndex link = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (line.ends_with(',')) line.remove_suffix(1);
    if (line.starts_with("{\"name\""))
      lines.push_back({1, name_of(topology, node++), std::string(line)});
    else if (line.starts_with("{\"from\""))
      lines.push_back({2, name_of_link(topology, link++), std::string(line)});
    else if (line.starts_with('"') && !line.starts_with("\"nodes\"") && !line.starts_with("\"links\""))
      lines.push_back({0, std::string(line.substr(0, line.find(':'))), std::string(line)});
  }
  std::ranges::sort(lines);
  return lines;
}

/// What `some` have and `others` have not, as often as they have it more often.
std::vector<Line> only_in(const std::vector<Line>& some, const std::vector<Line>& others) {
  std::vector<Line> only;
  std::ranges::set_difference(some, others, std::back_inserter(only));
  return only;
}

}  // namespace

std::string difference_text(const topology::Topology& before, const topology::Topology& after, const Paint& paint) {
  const std::vector<Line> old_lines = lines_of(before), new_lines = lines_of(after);
  std::vector<std::pair<Line, std::string>> all;
  for (Line& line : only_in(old_lines, new_lines)) all.emplace_back(line, paint(Colour::bad, "- " + line.text));
  for (Line& line : only_in(new_lines, old_lines)) all.emplace_back(line, paint(Colour::good, "+ " + line.text));
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) {
    return std::tie(a.first.what, a.first.name) < std::tie(b.first.what, b.first.name);
  });
  std::string text;
  for (const auto& [line, shown] : all) text += shown + "\n";
  return text;
}

}  // namespace treering::topo
