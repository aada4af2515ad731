// The objects of an hwloc file as nodes, and what their links need to know of them.
#pragma once

#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "topology/builder.hpp"
#include "topology/hwloc/document.hpp"
#include "topology/hwloc/object.hpp"

namespace treering::topology {

/// Adds a node for every object, in the order of the file, so that object i is node i of a builder that was empty.
class HwlocObjects {
 public:
  HwlocObjects(const HwlocDocument& document, TopologyBuilder& builder, const Limits& limits)
      : document_(document), builder_(builder), limits_(limits) {}

  Result<void> add_all();

  std::size_t size() const { return elements_.size(); }
  pugi::xml_node element(NodeIndex node) const { return elements_[node]; }

  /// NUMA nodes of the file, in its order.
  std::span<const NodeIndex> memory() const { return memory_; }
  /// The NUMA nodes near a node: those in the innermost object around it that holds any. Where there are none, as in
  /// files of version 1 for machines with one memory, its host.
  std::vector<NodeIndex> memory_near(NodeIndex node) const;

  /// By the number that the file refers to it by (gp_index); no_node where there is none.
  NodeIndex by_global_index(std::uint64_t index) const;

 private:
  Result<void> add(pugi::xml_node element, NodeIndex parent, std::uint32_t depth);
  std::string free_name(const NameRequest& request, NodeIndex parent);
  void keep_attributes(pugi::xml_node element, NodeIndex node);

  struct Range {  // of memory_
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  const HwlocDocument& document_;
  TopologyBuilder& builder_;
  const Limits& limits_;
  std::vector<pugi::xml_node> elements_;  // by node
  std::vector<NodeIndex> memory_;
  std::vector<Range> memory_inside_;  // by node
  std::unordered_map<std::uint64_t, NodeIndex> by_global_index_;
  std::unordered_map<std::string, std::uint32_t> names_given_;  // how many, by what they begin with
};

/// The element as it would stand in a file, without indentation.
std::string xml_of(pugi::xml_node element);

}  // namespace treering::topology
