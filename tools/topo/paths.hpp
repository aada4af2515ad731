// The ways that data takes from device to device.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "topology/adjacency.hpp"
#include "topology/topology.hpp"

namespace treering::topo {

using topology::Arc;
using topology::Figure;
using topology::NodeIndex;
using topology::Topology;

/// Arcs one after another, each starting where the one before ends. Empty from a node to itself.
struct Path {
  NodeIndex start = topology::no_node;
  std::vector<Arc> arcs;
};

/// GB/s of an arc in its direction: measured, else declared.
Figure gbs_of(const Topology& topology, const Arc& arc);

/// What a path can carry.
struct Width {
  Figure gbs = {};         ///< the least that is known on the way
  bool is_whole = true;    ///< all are known; else it may be less
  std::size_t narrow = 0;  ///< the arc that has the least; only where one is known
};
/// Of hops that carry so many GB/s.
Width width_of(std::span<const Figure> hops);
Width width_of(const Topology& topology, const Path& path);

/// Paths from one node to all others.
class PathTree {
 public:
  /// The path to a node; nothing where none leads there.
  std::optional<Path> to(NodeIndex node) const;
  bool reaches(NodeIndex node) const { return node == start_ || came_by_[node].link != topology::no_link; }
  /// How far it is, for comparing; only where there is a path.
  std::uint64_t distance(NodeIndex node) const { return distance_[node]; }

 private:
  friend class Paths;
  NodeIndex start_ = topology::no_node;
  std::vector<Arc> came_by_;  // the last arc to each node, turned round: `to` is where it begins
  std::vector<std::uint64_t> distance_;
};

/// Finds paths in a topology, to which it refers.
class Paths {
 public:
  explicit Paths(const Topology& topology) : topology_(topology), adjacency_(topology) {}

  /// The paths that stay as near as they can: through as few GPUs and cores as possible, then over as few network
  /// links, then links between NUMA domains, then links to processors and memory, then PCIe links, then others. Of
  /// equal ones, the widest. Nothing passes a link of 0 GB/s. n log n time; where `targets` are given, only nodes as
  /// near as the farthest of them are looked at, and the tree is good for these alone.
  PathTree nearest_from(NodeIndex start, std::span<const NodeIndex> targets = {}) const;
  /// The paths whose narrowest link is as wide as can be, of equal ones the shortest. Links of unknown bandwidth count
  /// as wide. None leads through a GPU or core.
  PathTree widest_from(NodeIndex start) const;

  const topology::Adjacency& adjacency() const { return adjacency_; }

 private:
  template <class Step>
  PathTree tree_from(NodeIndex start, std::span<const NodeIndex> targets, Step step) const;

  const Topology& topology_;
  topology::Adjacency adjacency_;
};

/// What kind of way a path is, in the words of `nvidia-smi topo -m`: "NV18", "PIX", "PHB", "NET", "X" for none.
std::string kind_of(const Topology& topology, const Path& path);

}  // namespace treering::topo
