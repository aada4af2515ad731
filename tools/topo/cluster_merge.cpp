// Several topologies as one.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "tools/topo/cluster.hpp"
#include "tools/topo/words.hpp"
#include "topology/builder.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::Link;
using topology::LinkIndex;
using topology::Node;

bool is_outside(const Topology& topology, NodeIndex node) {
  return topology::host_of(topology.nodes(), node) == topology::no_node;
}

class Merger {
 public:
  Result<void> add(const Part& part) {
    const Topology& topology = part.topology;
    places_.clear();
    before_.merge(added_);
    for (NodeIndex i = 0; i < topology.nodes().size(); ++i)
      if (auto added = add_node(part, i); !added) return added;
    for (LinkIndex i = 0; i < topology.links().size(); ++i) add_link(topology, i);
    for (const topology::Attribute& attribute : topology.attributes()) builder_.annotate(attribute);
    if (topology.grid() == topology::Grid()) return {};
    if (builder_.grid() != topology::Grid() && builder_.grid() != topology.grid())
      return Error{Code::invalid_argument, fmt::format("{} lies in another grid than the inputs before it (a topology "
                                                       "has one) leave one of them out",
                                                       part.input)};
    builder_.set_grid(topology.grid());
    return {};
  }

  Result<Topology> build() && { return std::move(builder_).build(); }

 private:
  Result<void> add_node(const Part& part, NodeIndex index) {
    Node node = part.topology.node(index);
    if (node.parent != topology::no_node) node.parent = places_[node.parent];
    const std::string name = name_of(part.topology, index);
    const NodeIndex known = builder_.find(name);
    if (known != topology::no_node) {
      const Node& other = builder_.nodes()[known];
      if (node.kind == topology::NodeKind::host || other.kind == topology::NodeKind::host)
        return Error{Code::invalid_argument,
                     fmt::format("{} in {} is in an input before it, too (hosts are told apart by their names) rename "
                                 "one, or leave it out",
                                 name, part.input)};
      if (other.kind != node.kind || other.guid != node.guid || other.parent != node.parent)
        return Error{Code::invalid_argument,
                     fmt::format("{} in {} is not the {} of an input before it (kind, GUID or place differ) rename one",
                                 name, part.input, name)};
      places_.push_back(known);
      return {};
    }
    places_.push_back(builder_.add(std::move(node)));
    for (const topology::Attribute& attribute : part.topology.node_attributes(index))
      builder_.annotate_node(places_.back(), attribute);
    return {};
  }

  void add_link(const Topology& topology, LinkIndex index) {
    Link link = topology.link(index);
    const bool outside = is_outside(topology, link.from) && is_outside(topology, link.to);
    link.from = places_[link.from];
    link.to = places_[link.to];
    if (outside && is_known(link)) return;
    const LinkIndex added = builder_.add(link);
    if (outside) added_.emplace(std::pair(link.from, link.to), link);
    for (const topology::Attribute& attribute : topology.link_attributes(index))
      builder_.annotate_link(added, attribute);
  }

  bool is_known(const Link& link) const {
    const auto [first, last] = before_.equal_range({link.from, link.to});
    return std::any_of(first, last, [&](const auto& one) { return one.second == link; });
  }

  using Links = std::multimap<std::pair<NodeIndex, NodeIndex>, Link>;  // outside of hosts, by their ends

  topology::TopologyBuilder builder_;
  std::vector<NodeIndex> places_;  // of the nodes of the part that is being added
  Links before_;                   // of the parts before
  Links added_;                    // of this one: those side by side stay as many as they are
};

}  // namespace

Result<Topology> merged(std::span<const Part> parts) {
  Merger merger;
  for (const Part& part : parts)
    if (auto added = merger.add(part); !added) return std::move(added).error();
  return std::move(merger).build();
}

}  // namespace treering::topo
