// What the schedules of an algorithm send, receive and combine, counted word by word.
#pragma once

#include "algorithms/catalogue.hpp"
#include "planning/chain.hpp"
#include "planning/cluster.hpp"
#include "planning/tally.hpp"
#include "treering/result.hpp"

namespace treering {

/// Of a message from one rank to another.
Delay delay_between(Rank from, Rank to, const Cluster& cluster);

/// Of `shape`, whoever its rank is. Fails where schedules do not fit together.
Result<Counted> counted(const CatalogueRow& row, const Shape& shape, const Cluster& cluster);

}  // namespace treering
