// Two-tree prefix sums: scan (rank r gets x0 . x1 ... xr) and exclusive scan (without xr).
//   Sanders, Speck, Traeff: Two-tree algorithms for full bandwidth broadcast, reduction and scan.
//   Parallel Computing 35(12), 2009.
//
// The idea: in an in-order tree the ranks left of a rank are its left subtree (product L) and whatever lies left of its
// own whole subtree (product P). L comes up from the left child, P comes down from the parent. Going up, a rank passes
// on L . x . R and keeps L (exclusive) or L . x (inclusive); going down it passes P to the left child and P . L . x to
// the right child, and its result is P . L (exclusive) or P . L . x. Both trees do so at once, each for half of the
// vector.
//
//   p = 8, first tree, rank 3:  up    L = x0.x1.x2 from rank 1, R = x4.x5.x6 from rank 5
//                               down  no P (rank 0 is below); x0.x1.x2.x3 to rank 5
//   What nobody needs is not sent: nothing goes up from a subtree that holds the last rank, nothing comes down to one
//   that holds rank 0; there the right child is served on the way up already.
//
// Cost (n elements, k blocks a tree, q = ceil(log2 p)): at most 4q + 4k steps of n/2k elements, 2n elements a rank,
// which is what the all-reduce takes; order kept, any p. What is kept lies in the output. Only an exclusive scan in
// place keeps it in scratch, since x, which lies in the output, is needed again.
#include "algorithms/in_order_trees.hpp"
#include "algorithms/two_tree.hpp"

namespace treering {
namespace {

/// With whom a rank exchanges what in one tree; nobody where the product is empty or not needed.
struct Neighbours {
  explicit Neighbours(const Node& node)
      : up(node.holds_last ? nobody : node.parent),
        left(node.left),
        right(node.holds_last ? nobody : node.right),
        down(node.holds_first ? nobody : node.parent),
        right_on_the_way_up(node.holds_first ? node.right : nobody),
        right_on_the_way_down(node.holds_first ? nobody : node.right) {}
  Rank up;                                          ///< gets L . x . R
  Rank left;                                        ///< gives L, gets P
  Rank right;                                       ///< gives R
  Rank down;                                        ///< gives P
  Rank right_on_the_way_up, right_on_the_way_down;  ///< gets P . L . x
};

void say_scan(Lane& lane, const Neighbours& to, std::uint64_t count, Place x, Place out) {
  lane.step(count).recv(to.left).own(x).store(out).send(to.right_on_the_way_up).recv(to.right).send(to.up);
  if (to.down == nobody) return;
  lane.step(count).recv(to.down).send(to.left).read(out).store(out).send(to.right_on_the_way_down);
}

void say_exclusive_scan(Lane& lane, const Neighbours& to, std::uint64_t count, Place x, Place kept, Place out) {
  lane.step(count).recv(to.left).store(kept).own(x).send(to.right_on_the_way_up).recv(to.right).send(to.up);
  if (to.down != nobody && to.left == nobody) lane.step(count).recv(to.down).store(out);  // a leaf: P is all there is
  if (to.down != nobody && to.left != nobody)
    lane.step(count).recv(to.down).send(to.left).read(kept).store(kept).own(x).send(to.right_on_the_way_down);
  if (to.left != nobody) lane.copy(count, kept, out);
}

}  // namespace

Schedule two_tree_scan(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(2)};
  for (Tree tree : {Tree::first, Tree::second}) {
    const auto [first, count] = split(shape.count, 2, static_cast<Rank>(tree));
    const Neighbours neighbours(rootless(tree, shape.ranks, shape.rank));
    say_scan(schedule.lanes[static_cast<std::size_t>(tree)], neighbours, count, shape.x(first), shape.out(first));
  }
  return schedule;
}

Schedule two_tree_exclusive_scan(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(2)};
  for (Tree tree : {Tree::first, Tree::second}) {
    const auto [first, count] = split(shape.count, 2, static_cast<Rank>(tree));
    const Neighbours neighbours(rootless(tree, shape.ranks, shape.rank));
    const bool aside = shape.in_place && neighbours.left != nobody;
    if (aside) schedule.scratch = shape.count;
    say_exclusive_scan(schedule.lanes[static_cast<std::size_t>(tree)], neighbours, count, shape.x(first),
                       aside ? Place{Buffer::scratch, first} : shape.out(first), shape.out(first));
  }
  return schedule;
}

Cost two_tree_scan_cost(const Shape& shape) {
  Cost cost = two_tree_all_reduce_cost(shape);
  if (shape.ranks == 1) return cost;
  cost.steps += 4;
  cost.folded *= 2;
  cost.all_folded *= 2;
  return cost;
}

}  // namespace treering
