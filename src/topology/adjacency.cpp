#include "topology/adjacency.hpp"

#include <numeric>

namespace treering::topology {

Adjacency::Adjacency(const Topology& topology) : first_(topology.nodes().size() + 1, 0) {
  for (const Link& link : topology.links()) {
    ++first_[link.from];
    ++first_[link.to];
  }
  // Ends first, moved down to the beginnings while links are put in from the last to the first.
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  arcs_.resize(first_.back());
  for (auto index = static_cast<LinkIndex>(topology.links().size()); index-- > 0;) {
    const Link& link = topology.link(index);
    arcs_[--first_[link.to]] = {.to = link.from, .link = index, .forward = false};
    arcs_[--first_[link.from]] = {.to = link.to, .link = index, .forward = true};
  }
}

Containment::Containment(const Topology& topology) : first_(topology.nodes().size() + 1, 0) {
  const std::size_t top = topology.nodes().size();
  const auto place = [&](const Node& node) -> std::uint32_t& {
    return first_[node.parent == no_node ? top : node.parent];
  };
  for (const Node& node : topology.nodes()) ++place(node);
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  parts_.resize(topology.nodes().size());
  for (auto index = static_cast<NodeIndex>(top); index-- > 0;) parts_[--place(topology.node(index))] = index;
}

}  // namespace treering::topology
