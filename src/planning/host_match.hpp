// The hosts of a job among those of a topology.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering {

/// The node of each host of a job, by name; letters in either case. A name with a domain and one without are the same
/// host where that leaves no doubt. Fails (Code::invalid_usage) for hosts that the topology, called `source` in
/// messages, does not have, for names that several hosts of it may have, and for hosts of the job that are one of it.
Result<std::vector<topology::NodeIndex>> hosts_by_name(const topology::Topology& topology,
                                                       const std::vector<std::string>& names, std::string_view source);

}  // namespace treering
