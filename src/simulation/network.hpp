// Ranks on the nodes of a topology, and what it takes to send from one to another.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "simulation/constants.hpp"
#include "simulation/routes.hpp"
#include "topology/topology.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {

/// Refers to the topology. Of one thread at a time: routes are found when they are first asked for.
class Network {
 public:
  /// Rank r is at node ranks[r]; several may be at one. `owners` as for Routes.
  Network(const topology::Topology& topology, std::vector<topology::NodeIndex> ranks,
          const AssumedLatencies& assumed = {}, std::vector<topology::NodeIndex> owners = {});

  Rank ranks() const { return static_cast<Rank>(nodes_.size()); }
  const topology::Topology& topology() const { return topology_; }

  /// MB/s; 0 where it is not known, and then the channel holds nothing up.
  std::uint64_t mb_per_s(Channel channel) const { return rates_[channel] == unlimited ? 0 : rates_[channel]; }
  std::uint64_t latency_ps(Channel channel) const { return latencies_ps_[channel / 2]; }

  /// MB/s of all links of a rank's node together, the wider direction of each; 0 where one is not known.
  std::uint64_t mb_per_s_at(Rank rank) const { return at_ranks_[static_cast<std::size_t>(rank)]; }

  /// The channels from one rank to another (routes.hpp), behind what the list has. The error names two nodes between
  /// which there is no way.
  Result<void> append_route(Rank from, Rank to, std::vector<Channel>& route);

  /// Links of which nobody says the latency, by topology::LinkType: they have AssumedLatencies.
  const std::array<std::uint32_t, topology::link_types>& assumed_latencies() const { return assumed_; }
  const AssumedLatencies& assumed() const { return latencies_of_types_; }

 private:
  const topology::Topology& topology_;
  std::vector<topology::NodeIndex> nodes_;
  Routes routes_;
  std::vector<std::uint32_t> rates_;
  std::vector<std::uint64_t> latencies_ps_;  // of the links
  std::vector<std::uint64_t> at_ranks_;      // MB/s
  AssumedLatencies latencies_of_types_;
  std::array<std::uint32_t, topology::link_types> assumed_{};
};

}  // namespace treering
