// How hosts should stand in a ring, for the network between them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topology/topology.hpp"

namespace treering {

/// The same hosts, so that neighbours in a ring are near one another in the network. `hosts` are different hosts of the
/// topology; the first stays the first.
///   In a torus (where all hosts have cells of their own, in the topology's grid) along a Hamiltonian cycle: back and
///   forth through all columns but one, and home through that one. Where the hosts are a whole torus, or a box of it
///   with an even side, every hop is one link. Anywhere else each is followed by the nearest that is left, over the
///   fewest links; of equally near ones by the one that comes first in `hosts`. In trees of switches the hosts of a
///   leaf come one after another, then those of the leaves that share switches with it: a ring enters each leaf once.
///   Hosts that no way leads to come last.
std::vector<topology::NodeIndex> host_walk(const topology::Topology& topology,
                                           std::span<const topology::NodeIndex> hosts);

/// Nodes that lie in hosts, so that those of each host stand together and hosts as host_walk() has them; as they are
/// where one lies in no host.
std::vector<topology::NodeIndex> along_the_network(const topology::Topology& topology,
                                                   std::vector<topology::NodeIndex> nodes);

/// All hosts, in the order of the nodes.
std::vector<topology::NodeIndex> hosts_of(const topology::Topology& topology);

/// Mbit/s of the fastest link of each host that leads out of it, in the slower direction; 0 where none is known. By
/// the host's node.
std::vector<std::uint32_t> port_mbits(const topology::Topology& topology);

}  // namespace treering
