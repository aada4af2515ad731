// Small random flow graphs.
#pragma once

#include <random>

#include "planning/flow_graph.hpp"

namespace treering::test {

/// What the links of a random graph keep to.
enum class Balance { none, fillable, balanced, symmetric };

/// A graph in which every node can reach every other. `none`: capacities at random. `fillable`: as much comes into each
/// switch as leaves it, or more. `balanced`: at every node as much comes in as leaves. `symmetric`: links are cables.
FlowGraph random_graph(std::mt19937& random, Rank ranks, int switches, Balance balance);

}  // namespace treering::test
