// The single checks: each adds what it finds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

void find_settings(const topology::Topology& topology, std::vector<Finding>& found);
/// Of hosts and interfaces that go by names which others have too; and of the members of a bond or bridge.
void find_interfaces(const topology::Topology& topology, std::vector<Finding>& found);

/// What find_settings() could not look at; empty where there is nothing of the kind.
std::string unseen_text(const topology::Topology& topology);

/// The value of an attribute; empty where there is none.
std::string_view said(const topology::Topology& topology, topology::NodeIndex node, std::string_view origin,
                      std::string_view name);
/// 0 of what does not begin with one.
std::uint64_t number_in(std::string_view text);

}  // namespace treering::topo
