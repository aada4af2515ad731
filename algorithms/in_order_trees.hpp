// The two trees of Sanders, Speck and Traeff, as each rank sees them. See in_order_trees.cpp for the construction.
#pragma once

#include <array>

#include "schedule/shape.hpp"

namespace treering {

/// Which of the two: every rank is interior (has children) in at most one of them.
enum class Tree : int { first = 0, second = 1 };

/// A rank's neighbours in one tree. Where order is kept, the ranks of the left subtree, the rank itself and the ranks
/// of the right subtree are one consecutive range in this order, so left . own . right is a product in rank order.
struct Node {
  Rank parent = nobody;
  Rank left = nobody;
  Rank right = nobody;
  bool holds_first = false;  ///< my subtree holds rank 0: nothing lies left of it (where order is kept)
  bool holds_last = false;   ///< my subtree holds the last rank: nothing lies right of it (where order is kept)
  /// Colours of the edges to the parent and to the children, -1 where there is none. In the one-port model an edge is
  /// used in the steps t with t mod 2 = 1 - colour, t = 0, 1, ...: a rank's two edges upwards differ, and so do its two
  /// edges downwards, over both trees together. Without a common clock, the colours are the order in which a rank
  /// serves.
  int colour = -1;
  int left_colour = -1;
  int right_colour = -1;

  /// The children in the order in which their colours come: colour 1 comes first.
  std::array<Rank, 2> children() const { return left_colour == 0 ? std::array{right, left} : std::array{left, right}; }
};

/// For broadcast and reduce: `root` feeds both trees, which are built over the other ranks. Depth at most
/// 1 + floor(log2(ranks-1)). Ranks are rotated by the root: order is not kept.
Node rooted(Tree tree, Rank ranks, Rank rank, Rank root);

/// For all-reduce and scan: each tree has a root of its own. Order is kept. Depth at most ceil(log2(ranks)).
Node rootless(Tree tree, Rank ranks, Rank rank);

/// The root of a rootless tree.
Rank root_of(Tree tree, Rank ranks);

/// For reduce with order kept: the last rank is the root of both trees. Depth at most 1 + ceil(log2(ranks)).
Node rooted_last(Tree tree, Rank ranks, Rank rank);

/// The same with rank 0 as the root: rooted_last read from right to left.
Node rooted_first(Tree tree, Rank ranks, Rank rank);

}  // namespace treering
