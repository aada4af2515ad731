// Chain: broadcast of large vectors along a line. See chain.cpp.
#pragma once

#include "algorithms/cost.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

Schedule chain_broadcast(const Shape& shape);
Cost chain_broadcast_cost(const Shape& shape);

}  // namespace treering
