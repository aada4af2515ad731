// Dissemination: the barrier in ceil(log2 p) rounds. See dissemination.cpp.
#pragma once

#include "algorithms/cost.hpp"
#include "schedule/language.hpp"
#include "schedule/shape.hpp"

namespace treering {

/// Uses one element of scratch, the token, and neither input nor output; shape.count means nothing. What the token
/// holds does not matter: it may start with anything.
Schedule dissemination_barrier(const Shape& shape);

Cost dissemination_barrier_cost(const Shape& shape);

}  // namespace treering
