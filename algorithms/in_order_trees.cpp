// The two trees.
//   Sanders, Speck, Traeff: Two-tree algorithms for full bandwidth broadcast, reduction and scan.
//   Parallel Computing 35(12), 2009.
//
// The idea: one tree is the in-order binary tree over roles 1..m: a role's height is its number of trailing zero bits,
// so even roles are interior and odd roles are leaves. Read backwards (role r becomes m+1-r) it is a second tree; if m
// is even, parities flip, and every rank that is interior in one is a leaf in the other: both trees together keep all
// ports busy. An odd rank too many becomes a leaf of both (rooted) or sits above both roots (rootless). No table, no
// communication.
//
//   p = 8, rootless      first tree                     second tree
//                             7                               0
//                        3                                         4
//                    1       5                               2       6
//                  0   2   4   6                           1   3   5   7
//
// Cost: each function takes O(log p) time and no memory. The colours of the edges let every rank send and
// receive one block a step; the local rule for them is at edge_colour below.
#include "algorithms/in_order_trees.hpp"

#include <bit>
#include <cstdint>
#include <utility>

namespace treering {
namespace {

int height(Rank role) {
  return std::countr_zero(static_cast<std::uint32_t>(role));
}

/// The role of the root: the highest power of two not above m; 0 if there is no role at all.
Rank root_role(Rank m) {
  return m > 0 ? static_cast<Rank>(std::bit_floor(static_cast<std::uint32_t>(m))) : 0;
}

/// The role above, 0 above the root. Roles beyond m are cut out: what hangs below one of them moves to the next below
/// m.
Rank parent_role(Rank role, Rank m) {
  const Rank low = 1 << height(role);
  const bool right_child = (role >> (height(role) + 1) & 1) != 0 || role + low > m;
  return right_child ? role - low : role + low;
}

/// The roles below an even role; 0 where there is none.
Rank left_role(Rank role) {
  return role % 2 == 0 ? role - (1 << (height(role) - 1)) : 0;
}
Rank right_role(Rank role, Rank m) {
  for (Rank below = (1 << height(role)) / 2; below > 0; below /= 2)
    if (role + below <= m) return role + below;
  return 0;
}

/// The colour of the edge above `role`, m even. In its tree an even role has colour 1 at the root, and going down from
/// parent to child it changes iff m/2 is odd, once more iff the child is the left one. A leaf is interior in the other
/// tree, as role m+1-r, and its two colours differ. The second tree has the complement.
int edge_colour(Tree tree, Rank role, Rank m) {
  Rank r = role % 2 == 0 ? role : m + 1 - role;
  int colour = 1 ^ static_cast<int>(tree);
  for (Rank above = parent_role(r, m); above != 0; r = above, above = parent_role(r, m))
    colour ^= (m / 2 & 1) ^ (above > r ? 1 : 0);
  return colour;
}

void swap_sides(Node& node) {
  std::swap(node.left, node.right);
  std::swap(node.left_colour, node.right_colour);
  std::swap(node.holds_first, node.holds_last);
}

/// Ranks 0..m-1, m even, in the tree and, read backwards, in its mirror image.
Node mirrored(Tree tree, Rank m, Rank rank) {
  const bool backwards = tree == Tree::second;
  const auto rank_of = [&](Rank role) { return role == 0 ? nobody : backwards ? m - role : role - 1; };
  const auto colour_of = [&](Rank role) { return role == 0 ? -1 : edge_colour(tree, role, m); };
  const Rank role = backwards ? m - rank : rank + 1;
  const Rank low = 1 << height(role);
  const Rank above = parent_role(role, m), left = left_role(role), right = right_role(role, m);
  Node node{.parent = rank_of(above),
            .left = rank_of(left),
            .right = rank_of(right),
            .holds_first = role == low,
            .holds_last = role + low > m,
            .colour = above == 0 ? -1 : edge_colour(tree, role, m),
            .left_colour = colour_of(left),
            .right_colour = colour_of(right)};
  if (backwards) swap_sides(node);
  return node;
}

Rank mirrored_root(Tree tree, Rank m) {
  return m == 0 ? nobody : tree == Tree::second ? m - root_role(m) : root_role(m) - 1;
}

/// The edges above both roots, to a rank that feeds them, have different colours.
int feeding_colour(Tree tree) {
  return 1 - static_cast<int>(tree);
}

/// Mirrored trees over the even number of ranks 0..core-1, below a chain of the remaining ranks, the last one on top.
Node below_chain(Tree tree, Rank core, Rank ranks, Rank rank) {
  Node node;
  if (rank < core) {
    node = mirrored(tree, core, rank);
    node.holds_last = node.holds_last && core == ranks;
    if (node.parent != nobody || core == ranks) return node;
  } else {
    node.left = rank > core ? rank - 1 : mirrored_root(tree, core);
    node.left_colour = node.left == nobody ? -1 : feeding_colour(tree);
    node.holds_first = true;
    node.holds_last = rank == ranks - 1;
    if (rank == ranks - 1) return node;
  }
  node.parent = rank < core ? core : rank + 1;
  node.colour = feeding_colour(tree);
  return node;
}

}  // namespace

Node rootless(Tree tree, Rank ranks, Rank rank) {
  return below_chain(tree, ranks - ranks % 2, ranks, rank);
}

Rank root_of(Tree tree, Rank ranks) {
  return ranks % 2 != 0 ? ranks - 1 : mirrored_root(tree, ranks);
}

Node rooted_last(Tree tree, Rank ranks, Rank rank) {
  const Rank above = ranks % 2 != 0 ? 1 : 2;
  return below_chain(tree, ranks > above ? ranks - above : 0, ranks, rank);
}

Node rooted_first(Tree tree, Rank ranks, Rank rank) {
  Node node = rooted_last(tree, ranks, ranks - 1 - rank);
  swap_sides(node);
  for (Rank* neighbour : {&node.parent, &node.left, &node.right})
    if (*neighbour != nobody) *neighbour = ranks - 1 - *neighbour;
  return node;
}

Node rooted(Tree tree, Rank ranks, Rank rank, Rank root) {
  // Counted from the root, ranks 1..core are mirrored. If one is left, it hangs below the one rank with a free right
  // (or left) side that is interior: role `core`.
  const Rank me = mod(rank - root, ranks), others = ranks - 1, core = others - others % 2;
  const bool left_over = others > core;
  const Rank host = core == 0 ? 0 : tree == Tree::first ? core : 1;
  const int over_colour = core == 0 ? feeding_colour(tree) : 1 - edge_colour(tree, left_role(core), core);
  Node node;
  if (me == 0) {
    node.left = others == 0 ? nobody : core == 0 ? 1 : mirrored_root(tree, core) + 1;
    node.left_colour = others == 0 ? -1 : feeding_colour(tree);
  } else if (me > core) {
    node.parent = host;
    node.colour = over_colour;
  } else {
    node = mirrored(tree, core, me - 1);
    for (Rank* neighbour : {&node.parent, &node.left, &node.right})
      if (*neighbour != nobody) ++*neighbour;
    if (node.parent == nobody) node.parent = 0, node.colour = feeding_colour(tree);
    if (left_over && me == host) {
      (tree == Tree::first ? node.right : node.left) = others;
      (tree == Tree::first ? node.right_colour : node.left_colour) = over_colour;
    }
  }
  node.holds_first = node.holds_last = false;
  for (Rank* neighbour : {&node.parent, &node.left, &node.right})
    if (*neighbour != nobody) *neighbour = mod(*neighbour + root, ranks);
  return node;
}

}  // namespace treering
