// Two-tree broadcast, reduce and all-reduce.
//   Sanders, Speck, Traeff: Two-tree algorithms for full bandwidth broadcast, reduction and scan.
//   Parallel Computing 35(12), 2009.
//
// The idea: a pipelined binary tree has logarithmic depth, but its leaves never send and its interior ranks send
// everything twice. So take two trees, in which each rank is interior once at most, and let each carry half of the
// vector: every rank sends one half to two children in one tree, and receives one half as a leaf of the other. A
// broadcast read backwards is a reduction, both one after another are an all-reduce. The trees are lanes of their own:
// neither ever waits for the other.
//
//   p = 8, broadcast from 0    first half  0               second half  0
//                                          4                            3
//                                      2       6                    1       5
//                                    1   3   5   7                7   2   4   6
//
// Cost (n elements, k blocks a tree, q = ceil(log2 p)): broadcast and reduce 2(q-1) + 2k steps of n/2k elements,
// all-reduce twice as many; n elements a rank, or 2n. Engines choose k: at the best one broadcast takes
//   beta n + 2(q-1) alpha + 2 sqrt(2(q-1) alpha beta n).
// Where it fits: everything of middle size; where order must be kept; tapered networks (a box of ranks exchanges at
// most two vectors with the rest). Reduction takes operands as left . own . right, whenever they come: the bits do not
// depend on time.
#include "algorithms/two_tree.hpp"

#include "algorithms/in_order_trees.hpp"

namespace treering {
namespace {

constexpr Tree trees[] = {Tree::first, Tree::second};

/// The lane of a tree, and its half of the vector.
struct Half {
  Half(Schedule& schedule, const Shape& shape, Tree tree)
      : lane(schedule.lanes[static_cast<std::size_t>(tree)]), block(split(shape.count, 2, static_cast<Rank>(tree))) {}
  Lane& lane;
  Block block;
};

}  // namespace

Schedule two_tree_broadcast(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(2)};
  for (Tree tree : trees) {
    const auto [lane, half] = Half(schedule, shape, tree);
    const Node node = rooted(tree, shape.ranks, shape.rank, shape.root);
    const auto [sooner, later] = node.children();
    if (shape.rank != shape.root)
      lane.step(half.count).recv(node.parent).store(shape.out(half.first)).send(sooner).send(later);
    else if (shape.in_place)
      lane.step(half.count).read(shape.out(half.first)).send(sooner).send(later);
    else
      lane.step(half.count).read(shape.x(half.first)).store(shape.out(half.first)).send(sooner).send(later);
  }
  return schedule;
}

Schedule two_tree_reduce(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(2)};
  for (Tree tree : trees) {
    const auto [lane, half] = Half(schedule, shape, tree);
    const Node node = rooted(tree, shape.ranks, shape.rank, shape.root);
    auto sentence = lane.step(half.count);
    sentence.recv(node.left).own(shape.x(half.first)).recv(node.right);
    if (shape.rank == shape.root)
      sentence.finish().store(shape.out(half.first));
    else
      sentence.send(node.parent);
  }
  return schedule;
}

// The trees that keep the order end at the last rank, or at the first, or (rootless) anywhere: a root in the middle is
// sent the finished halves by the roots of the two trees.
Schedule two_tree_reduce_in_order(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(2)};
  const Rank last = shape.ranks - 1;
  const auto node_in = shape.root == last ? rooted_last : shape.root == 0 ? rooted_first : rootless;
  for (Tree tree : trees) {
    const auto [lane, half] = Half(schedule, shape, tree);
    const Node node = node_in(tree, shape.ranks, shape.rank);
    const bool product_ends_here = node.parent == nobody;
    {
      auto sentence = lane.step(half.count);
      sentence.recv(node.left).own(shape.x(half.first)).recv(node.right);
      if (!product_ends_here)
        sentence.send(node.parent);
      else if (shape.rank == shape.root)
        sentence.finish().store(shape.out(half.first));
      else
        sentence.finish().send(shape.root);
    }
    if (shape.rank == shape.root && !product_ends_here)
      lane.step(half.count).recv(root_of(tree, shape.ranks)).store(shape.out(half.first));
  }
  return schedule;
}

Schedule two_tree_all_reduce(const Shape& shape) {
  Schedule schedule{std::vector<Lane>(2)};
  for (Tree tree : trees) {
    const auto [lane, half] = Half(schedule, shape, tree);
    const Node node = rootless(tree, shape.ranks, shape.rank);
    const auto [sooner, later] = node.children();
    const Place out = shape.out(half.first);
    if (node.parent == nobody) {
      auto sentence = lane.step(half.count);
      sentence.recv(node.left).own(shape.x(half.first)).recv(node.right).finish().store(out).send(sooner).send(later);
    } else {
      lane.step(half.count).recv(node.left).own(shape.x(half.first)).recv(node.right).send(node.parent);
      lane.step(half.count).recv(node.parent).store(out).send(sooner).send(later);
    }
  }
  return schedule;
}

Cost two_tree_broadcast_cost(const Shape& shape) {
  if (shape.ranks == 1) return {};
  const std::uint64_t edges = 2 * (static_cast<std::uint64_t>(shape.ranks) - 1);
  return {.steps = 2 * rounds(shape.ranks),
          .messages = 2,
          .volume = shape.count,
          .all_messages = edges,
          .all_volume = Wide{edges / 2} * shape.count,
          .streams = true};
}

Cost two_tree_reduce_cost(const Shape& shape) {
  Cost cost = two_tree_broadcast_cost(shape);
  cost.folded = cost.volume;
  cost.all_folded = cost.all_volume;
  return cost;
}

Cost two_tree_reduce_in_order_cost(const Shape& shape) {
  Cost cost = two_tree_reduce_cost(shape);
  if (shape.ranks == 1) return cost;
  cost.steps += 2;  // one more level: the chain above both roots, or the way from there to the root
  if (shape.root != 0 && shape.root != shape.ranks - 1) {
    cost.messages += 2;
    cost.volume += shape.count;
    cost.all_messages += 2;
    cost.all_volume += shape.count;
  }
  return cost;
}

Cost two_tree_all_reduce_cost(const Shape& shape) {
  Cost cost = two_tree_reduce_cost(shape);
  cost.steps *= 2;
  cost.messages *= 2;
  cost.volume *= 2;
  cost.all_messages *= 2;
  cost.all_volume *= 2;
  return cost;
}

}  // namespace treering
