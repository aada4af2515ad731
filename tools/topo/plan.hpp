// What the links allow a collective, and what limits it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schedule/collective.hpp"
#include "tools/topo/paint.hpp"
#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topo {

/// The collectives that --plan knows, by the name of the library: "all-reduce", "all_reduce", "allreduce".
std::optional<Collective> planned_collective(std::string_view name);

/// For one collective, or for all that have a bound: the optimum, its bus bandwidth as nccl-tests reckon it, and the
/// bottleneck; and for vectors of `sizes` bytes the algorithm that a simulation finds fastest, and its time. Fails
/// where nothing can be said of any of them.
Result<std::string> plan_text(const topology::Topology& topology, std::optional<Collective> collective,
                              const std::vector<std::uint64_t>& sizes, const Paint& paint);

}  // namespace treering::topo
