// What the schedules of very many ranks do, from those of a sample.
#pragma once

#include "algorithms/catalogue.hpp"
#include "planning/cluster.hpp"
#include "planning/tally.hpp"
#include "treering/result.hpp"

namespace treering {

/// What each rank of the sample does where it is one of the `shape.ranks` that the sample stands for, and their longest
/// chain: what it does among the sample alone; what the row's costs say that more ranks add, to any rank and to the
/// busiest; and to the chain what each doubling of ranks adds where these are few. All of that passes between hosts.
/// Nothing is added where the sample is the whole.
Result<Counted> counted_by_sample(const CatalogueRow& row, const Shape& shape, const Sample& sample);

}  // namespace treering
