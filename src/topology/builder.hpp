// Makes topologies, and keeps what they promise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/names.hpp"
#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Nodes and links are added one after another. The first mistake sticks: later calls do nothing, and build() returns
/// it, so callers need not look after every call. A reader that wants to say where looks at fault().
class TopologyBuilder {
 public:
  explicit TopologyBuilder(const Limits& limits = {});
  /// Goes on from a topology: nodes and links keep their indices.
  explicit TopologyBuilder(const Topology& topology, const Limits& limits = {});

  /// The index is the number of nodes (links) added before. Wrong nodes: one whose parent does not stand before it, a
  /// host in a host, a name that is taken, empty, too long or no UTF-8, or has a '/' or a control character. Wrong
  /// links: one with an end that is no node, or with both ends at one node; figures that are negative or not finite; 0
  /// parallel links.
  NodeIndex add(Node node);
  LinkIndex add(Link link);

  /// Puts a further attribute behind those of the topology, of a node or of a link. The texts are copied.
  void annotate(const Attribute& attribute);
  void annotate_node(NodeIndex node, const Attribute& attribute);
  void annotate_link(LinkIndex link, const Attribute& attribute);

  /// Extents are at least 1, and there are fewer than 2^32 - 1 cells.
  void set_grid(Grid grid);

  /// The mistake that sticks, if there is one.
  const std::optional<std::string>& fault() const { return fault_; }
  const std::vector<Node>& nodes() const { return topology_.nodes_; }
  const std::vector<Link>& links() const { return topology_.links_; }
  const Grid& grid() const { return topology_.grid_; }
  /// A node by its full name; no_node where there is none.
  NodeIndex find(std::string_view full_name) const { return names_.find(topology_.nodes_, full_name); }

  /// The topology, or the first mistake (Code::invalid_argument). Cells outside of the grid are found here. Attributes
  /// of one origin are brought together, in the order in which the origins came first.
  Result<Topology> build() &&;

 private:
  void refuse(std::string problem);
  std::string problem_of(const Node& node) const;
  std::string problem_of_parent(const Node& node) const;
  std::string problem_of(const Link& link) const;
  void annotate(AttributeCollector::Owner owner, std::uint32_t index, std::size_t owners, const Attribute& attribute);

  Limits limits_;
  Topology topology_;
  NameIndex names_;
  AttributeCollector attributes_;
  std::optional<std::string> fault_;
};

}  // namespace treering::topology
