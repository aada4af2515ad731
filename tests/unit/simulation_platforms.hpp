// Topologies and schedules for the tests of the simulator.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "algorithms/catalogue.hpp"
#include "simulation/simulate.hpp"
#include "topology/description.hpp"

namespace treering {

/// A typed topology with a rank on each of its hosts.
class Hosts {
 public:
  explicit Hosts(std::string_view text) : topology_(described(text)), network_(topology_, hosts_of(topology_)) {}
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;

  const topology::Topology& topology() const { return topology_; }
  Network& network() { return network_; }
  Rank ranks() const { return network_.ranks(); }

  Outcome run(const std::vector<Schedule>& schedules, const Constants& constants = {},
              std::uint64_t element_bytes = 1) {
    auto outcome = simulate(schedules, network_, constants, element_bytes);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *std::move(outcome) : Outcome{};
  }

 private:
  static topology::Topology described(std::string_view text) {
    auto made = topology::described_topology(text);
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : topology::Topology();
  }
  static std::vector<topology::NodeIndex> hosts_of(const topology::Topology& topology) {
    std::vector<topology::NodeIndex> hosts;
    for (topology::NodeIndex i = 0; i < topology.nodes().size(); ++i)
      if (topology.node(i).kind == topology::NodeKind::host) hosts.push_back(i);
    return hosts;
  }

  topology::Topology topology_;
  Network network_;
};

/// Of all ranks. `count` is that of the whole vector, or of one block of an all-gather or reduce-scatter.
inline std::vector<Schedule> schedules_of(const CatalogueRow& row, Rank ranks, std::uint64_t count, Rank root = 0) {
  std::vector<Schedule> schedules;
  for (Rank rank = 0; rank < ranks; ++rank) {
    Shape shape{.ranks = ranks, .rank = rank, .root = root, .count = count};
    shape.sends.each = shape.recvs.each = count;
    auto made = make(row, shape);
    EXPECT_TRUE(made) << made.error().message;
    if (made) schedules.push_back(*std::move(made));
  }
  return schedules;
}

inline std::vector<Schedule> schedules_of(Collective collective, std::string_view algorithm, Rank ranks,
                                          std::uint64_t count) {
  const auto row = find_row(collective, algorithm);
  EXPECT_TRUE(row) << row.error().message;
  return row ? schedules_of(**row, ranks, count) : std::vector<Schedule>();
}

}  // namespace treering
