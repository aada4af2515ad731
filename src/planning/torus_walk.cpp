// A cycle through M cells and a ring of n make a cycle through M n of them: rows 0 .. M-1 are passed back and forth
// through columns 1 .. n-1, and then column 0 leads home. If M is even, the rows end in column 1, beside column 0. If M
// is odd, they end in column n-1, from which the link that closes the ring leads to column 0. So with an even side
// first, every hop is a link even of a torus that is not closed.
#include "planning/torus_walk.hpp"

#include <algorithm>
#include <cstdint>

namespace treering {
namespace {

using topology::NodeIndex;

/// One dimension, as far as hosts are in it.
struct Side {
  std::size_t dimension = 0;
  std::vector<std::uint32_t> places = {};  ///< coordinates that occur, ascending
  std::size_t first = 0;                   ///< of them: where a walk round the ring begins
  bool is_closed = false;                  ///< all of them occur
};

/// The place that has the widest gap before it: those on both ends of a ring are neighbours.
std::size_t behind_the_widest_gap(const std::vector<std::uint32_t>& places, std::uint32_t extent) {
  std::size_t first = 0;
  std::uint32_t widest = places.front() + extent - places.back();
  for (std::size_t k = 1; k < places.size(); ++k) {
    const std::uint32_t gap = places[k] - places[k - 1];
    if (gap > widest) {
      widest = gap;
      first = k;
    }
  }
  return first;
}

/// Even ones first; then those that are not closed, which only the first place spares the way round.
int rank_of(const Side& side) {
  return side.places.size() % 2 == 0 ? 0 : side.is_closed ? 2 : 1;
}

std::vector<Side> sides_of(const topology::Grid& grid, const std::vector<std::vector<std::uint32_t>>& coordinates) {
  std::vector<Side> sides;
  for (std::size_t d = 0; d < grid.extents.size(); ++d) {
    Side side{.dimension = d};
    for (const auto& at : coordinates) side.places.push_back(at[d]);
    std::ranges::sort(side.places);
    side.places.erase(std::ranges::unique(side.places).begin(), side.places.end());
    if (side.places.size() < 2) continue;
    side.is_closed = side.places.size() == grid.extents[d];
    // In a twisted torus, going round leads elsewhere.
    if (!grid.twisted) side.first = behind_the_widest_gap(side.places, grid.extents[d]);
    sides.push_back(std::move(side));
  }
  std::ranges::stable_sort(sides, {}, rank_of);
  return sides;
}

/// Where on the cycle through all cells between the sides one of them lies; the cell of all first places at 0.
std::uint64_t position_of(const std::vector<Side>& sides, const std::vector<std::uint32_t>& coordinates) {
  std::uint64_t row = 0, rows = 1;
  for (const Side& side : sides) {
    const auto found = std::ranges::lower_bound(side.places, coordinates[side.dimension]);
    const std::uint64_t columns = side.places.size();
    const std::uint64_t column =
        (static_cast<std::uint64_t>(found - side.places.begin()) + columns - side.first) % columns;
    std::uint64_t step;
    if (column == 0)
      step = rows * (columns - 1) + (rows - 1 - row);
    else
      step = row * (columns - 1) + (row % 2 == 0 ? column - 1 : columns - 1 - column);
    rows *= columns;
    row = (step + 1) % rows;
  }
  return row;
}

}  // namespace

std::optional<std::vector<NodeIndex>> torus_walk(const topology::Topology& topology, std::span<const NodeIndex> hosts) {
  if (topology.grid().extents.empty() || hosts.empty()) return std::nullopt;
  std::vector<std::vector<std::uint32_t>> coordinates;
  for (const NodeIndex host : hosts) {
    coordinates.push_back(topology.coordinates(host));
    if (coordinates.back().empty()) return std::nullopt;
  }
  const std::vector<Side> sides = sides_of(topology.grid(), coordinates);
  std::vector<std::pair<std::uint64_t, NodeIndex>> placed;
  for (std::size_t k = 0; k < hosts.size(); ++k) placed.emplace_back(position_of(sides, coordinates[k]), hosts[k]);
  std::ranges::sort(placed);
  const auto shares_cell = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (std::ranges::adjacent_find(placed, shares_cell) != placed.end()) return std::nullopt;
  const auto first = std::ranges::find(placed, hosts.front(), &std::pair<std::uint64_t, NodeIndex>::second);
  std::ranges::rotate(placed, first);
  std::vector<NodeIndex> walk;
  for (const auto& [position, host] : placed) walk.push_back(host);
  return walk;
}

}  // namespace treering
