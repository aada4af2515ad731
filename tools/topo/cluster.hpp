// Topologies made of others.
#pragma once

#include <span>
#include <string>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topo {

/// A topology, and what messages call it.
struct Part {
  std::string input;
  topology::Topology topology;
};

/// One topology of the hosts of several. Nodes outside of hosts that have the same name, kind and GUID are one: that is
/// how hosts meet. Links outside of hosts that are alike in every member are one, too. Fails where a host is in two,
/// and where nodes of one name contradict each other.
Result<topology::Topology> merged(std::span<const Part> parts);

/// The same without what tells machines and people: names of hosts, racks and what lies in none are numbered by kind
/// ("host0", "network-switch3"), identities and GUIDs likewise (equal ones stay equal); attributes are left out, and
/// names inside of hosts that hold an address. Kinds, models, PCI addresses, other names, links and figures stay.
Result<topology::Topology> redacted(const topology::Topology& topology);

}  // namespace treering::topo
