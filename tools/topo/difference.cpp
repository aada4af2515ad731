#include "tools/topo/difference.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "topology/json.hpp"

namespace treering::topo {
namespace {

/// The lines of the file, each with its number of times in it: one is a node, a link or a member of the whole.
std::map<std::string, int, std::less<>> lines_of(const topology::Topology& topology) {
  const std::string text = topology::json_of(topology);
  std::map<std::string, int, std::less<>> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    std::string_view line = std::string_view(text).substr(at, end - at);
    if (line.ends_with(',')) line.remove_suffix(1);
    if (line.starts_with('{') || line.starts_with('"')) ++lines[std::string(line)];
    at = end + 1;
  }
  lines.erase("{");
  for (const char* list : {"\"nodes\": [", "\"nodes\": []", "\"links\": [", "\"links\": []"}) lines.erase(list);
  return lines;
}

}  // namespace

std::string difference_text(const topology::Topology& before, const topology::Topology& after, const Paint& paint) {
  auto counts = lines_of(after);
  for (const auto& [line, count] : lines_of(before)) counts[line] -= count;
  std::string text;
  for (const auto& [line, count] : counts)
    for (int i = 0; i < std::abs(count); ++i)
      text += paint(count < 0 ? Colour::bad : Colour::good, (count < 0 ? "- " : "+ ") + line) + "\n";
  return text;
}

}  // namespace treering::topo
