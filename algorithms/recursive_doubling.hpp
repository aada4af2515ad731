// Recursive doubling: all-reduce and prefix sums in ceil(log2 p) rounds. See recursive_doubling.cpp.
#pragma once

#include "algorithms/cost.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

Schedule doubling_all_reduce(const Shape& shape);      ///< order kept
Schedule doubling_scan(const Shape& shape);            ///< order kept
Schedule doubling_exclusive_scan(const Shape& shape);  ///< order kept; rank 0 gets nothing

Cost doubling_all_reduce_cost(const Shape& shape);
Cost doubling_scan_cost(const Shape& shape);
Cost doubling_exclusive_scan_cost(const Shape& shape);

}  // namespace treering
