// How long algorithms take on a topology, by simulation.
#pragma once

#include <cstdint>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "planning/topology_graph.hpp"
#include "simulation/network.hpp"
#include "treering/result.hpp"

namespace treering {

/// An algorithm that predict() fails for.
struct Failed {
  const CatalogueRow* row;
  Error why;
};

struct Prediction {
  const CatalogueRow* row = nullptr;
  std::size_t lanes = 0;
  std::uint64_t time_ps = 0;
  Channel busiest = 0;                             ///< of all channels; where no rank sends: the first
  std::uint64_t busy_ps = 0;                       ///< of `time_ps` it carries data
  std::vector<const CatalogueRow*> left_out = {};  ///< by fastest(): for the number of their messages
  std::vector<Failed> failed = {};                 ///< by fastest(): for other reasons
};

/// The ranks of the graph, on the nodes of the topology that it was made of, hosts along the network (host_walk.hpp).
/// The first stays the first.
Network network_of(const topology::Topology& topology, const TopologyGraph& graph);

/// The count of the whole vector, and layouts of blocks as equal as can be, as rank `rank` sees an operation on
/// `elements` elements. All-gather and reduce-scatter: blocks of elements / ranks, rounded up.
Shape shape_of(Collective collective, Rank ranks, Rank rank, std::uint64_t elements);

/// Runs one algorithm on `elements` elements with root 0. Messages are cut into slices of constants.slice_bytes, or of
/// more where these would be more than `most_slices` of all ranks together. A ring that sends more messages than that
/// is not run but reckoned (ring_time()). Fails as simulate() does, and for other algorithms that send more.
Result<Prediction> predict(const CatalogueRow& row, std::uint64_t elements, std::uint64_t element_bytes,
                           Network& network, const Constants& constants, std::uint64_t most_slices);

/// The algorithm that takes the least time, of equal ones the first of the catalogue. Those that cannot be the fastest
/// by what their busiest rank sends are not run, nor those that predict() refuses for the number of their messages.
/// Fails where none is left: with the error of the first that predict() fails for.
Result<Prediction> fastest(Collective collective, std::uint64_t elements, std::uint64_t element_bytes, Network& network,
                           const Constants& constants, std::uint64_t most_slices);

/// A ring of all ranks in their order, `rounds` messages of `bytes` from each to the next, of which the first
/// `reducing` are multiplied to something. A round takes what a hop takes on the average, or what the busiest channel
/// is busy with it if that is more. Exact (with slices as long as the messages) where all hops are alike.
struct RingTime {
  std::uint64_t time_ps = 0;
  Channel busiest = 0;
  std::uint64_t busy_ps = 0;
};
Result<RingTime> ring_time(Network& network, const Constants& constants, std::uint64_t rounds, std::uint64_t reducing,
                           std::uint64_t bytes);

}  // namespace treering
