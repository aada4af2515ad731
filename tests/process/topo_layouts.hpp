// What holds for every picture.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/topo/layout.hpp"
#include "topology/names.hpp"

namespace treering::topo {

inline bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

inline bool is_within(const Rectangle& inner, const Rectangle& outer) {
  return inner.x >= outer.x && inner.y >= outer.y && inner.right() <= outer.right() && inner.bottom() <= outer.bottom();
}

/// Nothing lies on anything but the box that it is in, and everything lies in the picture.
inline void expect_sound_layout(const Topology& topology, const std::string& what) {
  const Layout layout(topology);
  const Rectangle picture{0, 0, layout.width(), layout.height()};
  std::vector<NodeIndex> drawn;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i)
    if (layout.shape(i) != Shape::none) drawn.push_back(i);
  for (const NodeIndex a : drawn) {
    const Rectangle& at = layout.place(a);
    EXPECT_TRUE(at.width > 0 && is_within(at, picture)) << what << ": " << topology.node(a).name;
    for (const NodeIndex b : drawn) {
      if (b >= a) break;
      const bool is_in = topology::lies_in(topology.nodes(), a, b) && layout.shape(b) == Shape::box;
      EXPECT_TRUE(is_in ? is_within(at, layout.place(b)) : !overlap(at, layout.place(b)))
          << what << ": " << topology.node(a).name << ", " << topology.node(b).name;
    }
  }
}

}  // namespace treering::topo
