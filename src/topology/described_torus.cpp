// Hosts in a torus, each linked to the next one in every dimension.
//
// Twisted (Camara et al., "Twisted Torus Topologies for Enhanced Interconnection Networks", TPDS 2010; as TPU v4 slices
// of k x k x 2k and k x 2k x 2k are): going round a dimension of extent k also moves k along every dimension of extent
// 2k. All hosts see the same network then, and it is narrower: 4x4x8 has diameter 6 instead of 8.
#include <algorithm>

#include "topology/described_host.hpp"
#include "topology/described_networks.hpp"

namespace treering::topology {
namespace {

using Coordinates = std::vector<std::uint32_t>;

std::uint32_t cell_of(const Torus& torus, const Coordinates& at) {
  std::uint32_t cell = 0;
  for (std::size_t d = 0; d < at.size(); ++d) cell = cell * torus.extents[d] + at[d];
  return cell;
}

/// The next cell in row order.
void advance(const Torus& torus, Coordinates& at) {
  for (std::size_t d = at.size(); d-- > 0;) {
    if (++at[d] < torus.extents[d]) return;
    at[d] = 0;
  }
}

Coordinates next(const Torus& torus, Coordinates at, std::size_t dimension) {
  const std::uint32_t extent = torus.extents[dimension];
  if (++at[dimension] < extent) return at;
  at[dimension] = 0;
  for (std::size_t d = 0; torus.twisted && d < at.size(); ++d) {
    if (torus.extents[d] == 2 * extent) at[d] = (at[d] + extent) % torus.extents[d];
  }
  return at;
}

/// Whether the way round leads back to where a link leads already.
bool is_double(const Torus& torus, const Coordinates& at, std::size_t dimension) {
  const std::uint32_t extent = torus.extents[dimension];
  const std::uint32_t longest = *std::max_element(torus.extents.begin(), torus.extents.end());
  const bool moves_on = torus.twisted && extent < longest;
  return extent == 1 || (extent == 2 && at[dimension] == 1 && !moves_on);
}

}  // namespace

void add_network(TopologyBuilder& builder, const Description& description, const Torus& torus) {
  builder.set_grid({.extents = torus.extents, .twisted = torus.twisted});
  std::vector<std::vector<NodeIndex>> ends;
  std::size_t hosts = 1;
  for (const std::uint32_t extent : torus.extents) hosts *= extent;
  for (std::uint32_t h = 0; h < hosts; ++h) ends.push_back(add_host(builder, description, h, h));

  const Speed speed = network_speed(description);
  Coordinates at(torus.extents.size(), 0);
  for (std::uint32_t h = 0; h < hosts; ++h, advance(torus, at)) {
    for (std::size_t d = 0; d < at.size(); ++d) {
      if (is_double(torus, at, d)) continue;
      const std::vector<NodeIndex>& neighbour = ends[cell_of(torus, next(torus, at, d))];
      link_network(builder, ends[h][d % ends[h].size()], neighbour[d % neighbour.size()], speed);
    }
  }
}

}  // namespace treering::topology
