// The single checks: each adds what it finds.
#pragma once

#include <vector>

#include "tools/topo/check.hpp"

namespace treering::topo {

void find_slow_links(const topology::Topology& topology, std::vector<Finding>& found);
void find_wrong_directions(const topology::Topology& topology, std::vector<Finding>& found);
/// Of links that nothing is found about yet.
void find_below_declared(const topology::Topology& topology, std::vector<Finding>& found);
/// Of switches that have as many links down as each other.
void find_missing_uplinks(const topology::Topology& topology, std::vector<Finding>& found);
/// Of hosts most of whose NICs are on the same switches as those of others.
void find_nics_elsewhere(const topology::Topology& topology, std::vector<Finding>& found);
void find_cut_off(const topology::Topology& topology, std::vector<Finding>& found);
void find_without_network(const topology::Topology& topology, std::vector<Finding>& found);
void find_same_identities(const topology::Topology& topology, std::vector<Finding>& found);
void find_gpu_states(const topology::Topology& topology, std::vector<Finding>& found);
void find_nvlinks_down(const topology::Topology& topology, std::vector<Finding>& found);

}  // namespace treering::topo
