// A topology as a tree of lines.
#include <fmt/format.h>

#include "tools/topo/picture.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

class Tree {
 public:
  explicit Tree(const Topology& topology) : topology_(topology), parts_(topology), adjacency_(topology) {}

  std::string text() && {
    for (const NodeIndex node : parts_.top()) add(node, 0);
    return std::move(text_);
  }

 private:
  void add(NodeIndex index, std::size_t depth) {
    const topology::Node& node = topology_.node(index);
    text_ += fmt::format("{}{} ({})", std::string(2 * depth, ' '), node.name, topology::noun_of(node.kind));
    if (!node.model.empty()) text_ += ", " + node.model;
    if (node.pci) text_ += ", " + text_of(*node.pci);
    text_ += '\n';
    for (const Arc& arc : adjacency_.of(index)) add_link(arc, depth + 1);
    for (const NodeIndex part : parts_.of(index)) add(part, depth + 1);
  }

  /// A link stands at the end that comes later, where it goes up or along.
  void add_link(const Arc& arc, std::size_t depth) {
    const topology::Link& link = topology_.link(arc.link);
    if (arc.to != std::min(link.from, link.to)) return;
    text_ += fmt::format("{}- {}: {}{}{}\n", std::string(2 * depth, ' '), name_of(topology_, arc.to),
                         topology::name_of(link.type), link.width ? fmt::format(" x{}, ", *link.width) : " ",
                         bandwidth_of(arc));
  }

  /// "22.2 GB/s read / 14.2 written" of memory by a core.
  std::string bandwidth_of(const Arc& arc) const {
    const Figure there = gbs_of(topology_, arc), back = gbs_of(topology_, {arc.to, arc.link, !arc.forward});
    if (there == back) return bandwidth_text(there);
    if (topology_.link(arc.link).type == topology::LinkType::memory) {
      const bool is_read = topology_.node(arc.to).kind == topology::NodeKind::core;  // what comes to a core
      return fmt::format("{} read / {} written", bandwidth_text(is_read ? there : back),
                         text_of(is_read ? back : there));
    }
    return fmt::format("{} to it, {} back", bandwidth_text(there), text_of(back));
  }

  const Topology& topology_;
  const topology::Containment parts_;
  const topology::Adjacency adjacency_;
  std::string text_;
};

}  // namespace

std::string tree_text(const Topology& topology) {
  return contents_of(topology) + "\n\n" + Tree(topology).text();
}

}  // namespace treering::topo
