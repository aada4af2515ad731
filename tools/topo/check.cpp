#include "tools/topo/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"

namespace treering::topo {

std::vector<Finding> findings(const topology::Topology& topology) {
  std::vector<Finding> found;
  find_slow_links(topology, found);
  find_wrong_directions(topology, found);
  find_below_declared(topology, found);
  find_cut_off(topology, found);
  find_without_network(topology, found);
  find_same_identities(topology, found);
  find_gpu_states(topology, found);
  find_nvlinks_down(topology, found);
  std::ranges::stable_sort(found, {}, &Finding::kind);
  return found;
}

std::string findings_text(const topology::Topology& topology, const std::vector<Finding>& found, const Paint& paint) {
  constexpr std::size_t most_shown = 20;
  if (found.empty()) return fmt::format("nothing looks wrong ({})\n", contents_of(topology));
  std::map<Finding::Kind, std::size_t> counts;
  for (const Finding& finding : found) ++counts[finding.kind];
  std::string text;
  std::size_t of_kind = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    of_kind = i > 0 && found[i].kind == found[i - 1].kind ? of_kind + 1 : 1;
    const std::size_t all = counts[found[i].kind];
    if (of_kind <= most_shown) text += paint(Colour::bad, found[i].message) + "\n";
    if (of_kind == all && all > most_shown) text += fmt::format("... and {} more like it\n", all - most_shown);
  }
  return text + counted(found.size(), "finding") + "\n";
}

}  // namespace treering::topo
