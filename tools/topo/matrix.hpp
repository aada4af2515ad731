// The matrix between devices, as `nvidia-smi topo -m` shows it, with bandwidths.
#pragma once

#include <string>
#include <vector>

#include "tools/topo/paint.hpp"
#include "tools/topo/paths.hpp"

namespace treering::topo {

/// The nodes that the matrix is about: all GPUs (else NUMA domains, else hosts) and NICs, but no hosts whose links all
/// end at NICs.
std::vector<NodeIndex> devices_of(const Topology& topology);

/// Contents, matrix, affinities and legend. Hosts with the same matrix inside share one where all devices together
/// are more than 32 or wider than 120 columns; the network between them then has lines of its own.
std::string matrix_text(const Topology& topology, const Paint& paint);

}  // namespace treering::topo
