// A topology as text to compare.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "topology/json.hpp"

namespace treering::topology {

/// The JSON of its nodes, then of its links, one a line.
inline std::vector<std::string> lines_of(const Topology& topology) {
  std::vector<std::string> lines;
  std::string text = json_of(topology);
  while (!text.empty()) {
    std::string line = text.substr(0, text.find('\n'));
    text.erase(0, line.size() + 1);
    if (line.ends_with(',')) line.pop_back();
    if (line.starts_with("{\"")) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace treering::topology
