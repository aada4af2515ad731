// How the links of a topology run in a picture of it.
#pragma once

#include <string>
#include <vector>

#include "tools/topo/layout.hpp"

namespace treering::topo {

/// Refers to the topology and the layout.
class Ways {
 public:
  Ways(const Topology& topology, const Layout& layout);

  /// The way of the pen between two nodes that are drawn, as an SVG path.
  std::string of(NodeIndex a, NodeIndex b) const;

  /// In a grid: whether the link leads neither inside of a cell nor to a cell beside it in the picture. Only its ends
  /// are drawn then.
  bool leads_far(NodeIndex a, NodeIndex b) const;

 private:
  std::string between(NodeIndex a, NodeIndex b) const;
  std::string past_hosts(NodeIndex node, NodeIndex bar, const Detour& detour) const;
  std::string to_box(NodeIndex node, NodeIndex box) const;
  std::string along(NodeIndex a, Rectangle from, Rectangle to) const;
  std::string ends(NodeIndex a, NodeIndex b) const;
  bool holds(NodeIndex outer, NodeIndex inner) const;
  bool is_network(NodeIndex node) const;
  bool in_one_panel(NodeIndex a, NodeIndex b) const;
  bool comes_next(NodeIndex a, NodeIndex b) const;
  double towards(const Rectangle& at, const Rectangle& other) const;
  bool is_clear(double x, double top, double bottom) const;

  const Topology& topology_;
  const Layout& layout_;
  std::vector<Rectangle> obstacles_;  // what lines should not cross: nodes that are no boxes, names of boxes
};

}  // namespace treering::topo
