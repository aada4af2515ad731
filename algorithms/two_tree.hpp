// Two-tree: broadcast, reduce, all-reduce and prefix sums at full bandwidth in logarithmic time. See two_tree.cpp and
// two_tree_scan.cpp.
#pragma once

#include "algorithms/cost.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

Schedule two_tree_broadcast(const Shape& shape);
Schedule two_tree_reduce(const Shape& shape);           ///< commutative operators; any root at no extra cost
Schedule two_tree_reduce_in_order(const Shape& shape);  ///< order kept; a root in the middle costs a second vector
Schedule two_tree_all_reduce(const Shape& shape);       ///< order kept
Schedule two_tree_scan(const Shape& shape);             ///< order kept
Schedule two_tree_exclusive_scan(const Shape& shape);   ///< order kept; rank 0 gets nothing

Cost two_tree_broadcast_cost(const Shape& shape);
Cost two_tree_reduce_cost(const Shape& shape);
Cost two_tree_reduce_in_order_cost(const Shape& shape);
Cost two_tree_all_reduce_cost(const Shape& shape);
Cost two_tree_scan_cost(const Shape& shape);

}  // namespace treering
