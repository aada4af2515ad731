// What the memory links of this host carry, as its cores see it: measured, and put beside what is declared.
#pragma once

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Measures the links of type `memory` between the cores and NUMA domains of the one host in `topology`, which must be
/// the host that this runs on as discovered_host() says, and sets Link::measured:
///   core and domain      GB/s that the core alone reads from, and writes to, memory of the domain beyond all caches;
///                        half of the time that a cache line takes from it to another core of the domain
///   domain and domain    the same by the first core of each; of the time, what the ways to the cores leave
/// What cannot be measured stays unknown: cores that this process may not run on, the time where a domain has one core.
/// Takes some 50 ms a core, each alone, and twice the last cache in memory (64 MiB at least) for each domain. What else
/// runs on the host shows in the figures. Fails (Code::invalid_argument) where nothing could be measured.
Result<void> measure_memory(Topology& topology);

}  // namespace treering::topology
