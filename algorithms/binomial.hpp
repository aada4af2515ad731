// Binomial trees: broadcast and reduce of small vectors. See binomial.cpp.
#pragma once

#include "algorithms/cost.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

Schedule binomial_broadcast(const Shape& shape);
Schedule binomial_reduce(const Shape& shape);  ///< order kept, any root

Cost binomial_broadcast_cost(const Shape& shape);
Cost binomial_reduce_cost(const Shape& shape);

}  // namespace treering
