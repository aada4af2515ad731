// Direct exchange: every rank talks to every other rank, or to the root, itself. See direct.cpp.
#pragma once

#include "algorithms/cost.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

Schedule direct_all_reduce(const Shape& shape);         ///< order kept
Schedule direct_halves_all_reduce(const Shape& shape);  ///< order kept; reduce-scatter, then all-gather
Schedule direct_reduce_scatter(const Shape& shape);     ///< order kept; blocks: shape.sends
Schedule direct_all_gather(const Shape& shape);         ///< blocks: shape.recvs
Schedule direct_broadcast(const Shape& shape);
Schedule direct_reduce(const Shape& shape);  ///< order kept, any root

Cost direct_all_reduce_cost(const Shape& shape);
Cost direct_halves_all_reduce_cost(const Shape& shape);
Cost direct_reduce_scatter_cost(const Shape& shape);
Cost direct_all_gather_cost(const Shape& shape);
Cost direct_broadcast_cost(const Shape& shape);
Cost direct_reduce_cost(const Shape& shape);

}  // namespace treering
