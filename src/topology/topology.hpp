// The topology: what hosts, devices and networks there are and how data gets from one to another. A value: it is copied
// and compared like a number, and knows nothing of where it came from. TopologyBuilder makes it; see docs/topology.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topology/attributes.hpp"
#include "topology/link.hpp"
#include "topology/node.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// A torus that the cells of nodes are counted in. No extents: there is none.
struct Grid {
  std::vector<std::uint32_t> extents;
  bool twisted = false;  ///< going round the short way also moves along the long one; docs/topology.md says how

  friend bool operator==(const Grid&, const Grid&) = default;
};

/// Sizes that no topology exceeds, so that no file or text can ask for more memory than there is.
struct Limits {
  std::uint32_t nodes = 1'000'000;
  std::uint32_t links = 8'000'000;
  std::uint32_t attributes = 16'000'000;
  std::uint32_t depth = 64;                 ///< of nodes in nodes
  std::uint32_t name_bytes = 256;           ///< of a name, identity or model
  std::uint32_t attribute_bytes = 1 << 20;  ///< of one origin, name or value
  std::uint64_t texts_bytes = 1ull << 30;   ///< of all attributes together
  std::uint64_t file_bytes = 1ull << 30;    ///< of a file that is read
};

/// Nodes and links, each named by its index. Always holds:
///   - a node stands after the one that it is a part of, so containment has no cycles and one pass sees parents first;
///   it
///     is at most 64 deep
///   - both ends of a link are nodes, and not the same one
///   - names are unique in a host, and outside of hosts; no host lies in another
///   - figures are unknown, or finite and not negative
/// Any number of threads may read one.
class Topology {
 public:
  Topology() = default;  ///< of nothing

  std::span<const Node> nodes() const { return nodes_; }
  std::span<const Link> links() const { return links_; }
  const Node& node(NodeIndex index) const { return nodes_[index]; }
  const Link& link(LinkIndex index) const { return links_[index]; }
  const Grid& grid() const { return grid_; }

  /// Coordinates of a node in the grid; empty where it has none.
  std::vector<std::uint32_t> coordinates(NodeIndex node) const;

  /// What formats said beyond the members: of the topology as a whole, of a node, of a link. Ranges of Attribute, those
  /// of one origin together.
  AttributeRange attributes() const { return attributes_.of(0); }
  AttributeRange node_attributes(NodeIndex node) const { return attributes_.of(1 + node); }
  AttributeRange link_attributes(LinkIndex link) const {
    return attributes_.of(1 + static_cast<std::uint32_t>(nodes_.size()) + link);
  }

  /// Puts what was seen on a link beside what is declared. Fails for a link that is not there, and for unsound figures.
  Result<void> set_measured(LinkIndex link, const Capacity& measured);

  friend bool operator==(const Topology&, const Topology&) = default;

 private:
  friend class TopologyBuilder;

  std::vector<Node> nodes_;
  std::vector<Link> links_;
  Grid grid_;
  AttributeTable attributes_;  // owners: the topology, then the nodes, then the links
};

}  // namespace treering::topology
