// The networks that can be described, each with its hosts.
#pragma once

#include "topology/builder.hpp"
#include "topology/description.hpp"

namespace treering::topology {

void add_network(TopologyBuilder& builder, const Description& description, const Flat& flat);
void add_network(TopologyBuilder& builder, const Description& description, const Torus& torus);
void add_network(TopologyBuilder& builder, const Description& description, const FatTree& tree);
void add_network(TopologyBuilder& builder, const Description& description, const Dragonfly& dragonfly);

/// Of a link of the network, whether the description says it for the network or for the NICs.
Speed network_speed(const Description& description);

void link_network(TopologyBuilder& builder, NodeIndex from, NodeIndex to, const Speed& speed);
NodeIndex add_network_switch(TopologyBuilder& builder, std::string name);

}  // namespace treering::topology
