// Ring: reduce-scatter, all-gather and their composition, the all-reduce. See ring.cpp.
#pragma once

#include "algorithms/cost.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

Schedule ring_all_reduce(const Shape& shape);      ///< commutative operators
Schedule ring_reduce_scatter(const Shape& shape);  ///< commutative operators; blocks: shape.sends
Schedule ring_all_gather(const Shape& shape);      ///< blocks: shape.recvs

Cost ring_all_reduce_cost(const Shape& shape);
Cost ring_reduce_scatter_cost(const Shape& shape);
Cost ring_all_gather_cost(const Shape& shape);

}  // namespace treering
