// Hosts below an extended generalised fat tree (Öhring et al., "On Generalized Fat Trees", IPPS 1995): a switch of
// level l has parts[l] switches below it, and links[l] ways up, each to another switch.
//
// Switch (group, copy) of a level serves one group of hosts; the copies of a group serve the same hosts. Its k-th way
// up leads to copy (copy, k) of the group that its group belongs to.
#include <fmt/format.h>

#include "topology/described_host.hpp"
#include "topology/described_networks.hpp"
#include "topology/description_size.hpp"

namespace treering::topology {
namespace {

std::string name_of_switch(std::size_t level, std::size_t number) {
  constexpr const char* names[] = {"leaf", "spine", "core"};
  return level < 3 ? fmt::format("{}{}", names[level], number) : fmt::format("level{}-{}", level + 1, number);
}

std::vector<NodeIndex> add_level(TopologyBuilder& builder, const FatTreeSize& size, std::size_t level) {
  std::vector<NodeIndex> switches;
  for (std::size_t i = 0; i < size.switches[level]; ++i) {
    switches.push_back(add_network_switch(builder, name_of_switch(level, i)));
  }
  return switches;
}

}  // namespace

void add_network(TopologyBuilder& builder, const Description& description, const FatTree& tree) {
  const FatTreeSize size = fat_tree_size(tree, host_size(description).ends());
  const Speed speed = network_speed(description);
  std::vector<NodeIndex> below = add_level(builder, size, 0);
  for (std::uint32_t h = 0; h < tree.hosts; ++h) {
    const std::vector<NodeIndex> ends = add_host(builder, description, h);
    const std::size_t leaf = h / size.parts[0] * size.rails;
    for (std::size_t k = 0; k < ends.size(); ++k) link_network(builder, ends[k], below[leaf + k % size.rails], speed);
  }
  std::size_t copies = 1;
  for (std::size_t level = 1; level < tree.levels; ++level) {
    const std::vector<NodeIndex> above = add_level(builder, size, level);
    const std::size_t ways = size.links[level - 1];
    for (std::size_t i = 0; i < below.size(); ++i) {
      const std::size_t group = i / copies / size.parts[level];
      for (std::size_t k = 0; k < ways; ++k) {
        link_network(builder, below[i], above[(group * copies + i % copies) * ways + k], speed);
      }
    }
    copies *= ways;
    below = above;
  }
}

}  // namespace treering::topology
