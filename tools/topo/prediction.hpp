// How long collectives take by simulation, for --plan.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "planning/topology_graph.hpp"
#include "tools/topo/paint.hpp"

namespace treering::topo {

/// Bus bandwidth over algorithm bandwidth, as nccl-tests define it (doc/PERFORMANCE.md there).
double bus_factor(Collective collective, double ranks);

/// A collective with the bound on its algorithm bandwidth.
struct Bounded {
  Collective collective = Collective::all_reduce;
  double gbs = 0;
};

/// A table: for each collective and each size (bytes of the whole vector) the fastest algorithm, its lanes, time and
/// bus bandwidth, the share of the bound, and the busiest link; then what was assumed, and what could not be simulated
/// and why.
std::string prediction_text(const topology::Topology& topology, const TopologyGraph& graph,
                            const std::vector<Bounded>& collectives, const std::vector<std::uint64_t>& sizes,
                            const Paint& paint);

}  // namespace treering::topo
