#include "topology/topology.hpp"

#include <fmt/format.h>

#include "topology/names.hpp"
#include "topology/sound.hpp"

namespace treering::topology {

std::vector<std::uint32_t> Topology::coordinates(NodeIndex node) const {
  std::uint64_t cell = nodes_[node].cell;
  if (cell == no_cell) return {};
  std::vector<std::uint32_t> coordinates(grid_.extents.size());
  for (std::size_t dimension = coordinates.size(); dimension-- > 0; cell /= grid_.extents[dimension]) {
    coordinates[dimension] = static_cast<std::uint32_t>(cell % grid_.extents[dimension]);
  }
  return coordinates;
}

Result<void> Topology::set_measured(LinkIndex link, const Capacity& measured) {
  if (link >= links_.size()) {
    return Error{Code::invalid_argument,
                 fmt::format("link {} was measured (there are {}) name one that there is", link, links_.size())};
  }
  if (const std::string problem = problem_of(measured); !problem.empty()) {
    return Error{Code::invalid_argument,
                 fmt::format("link {} from {} to {} has measured {}", link, full_name(nodes_, links_[link].from),
                             full_name(nodes_, links_[link].to), problem)};
  }
  links_[link].measured = measured;
  return {};
}

}  // namespace treering::topology
