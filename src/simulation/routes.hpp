// The ways that messages take through a topology: shortest paths, spread over those that are equally short.
#pragma once

#include <cstdint>
#include <vector>

#include "topology/topology.hpp"

namespace treering {

/// One direction of a link: 2 * its topology::LinkIndex, and 1 more for the way back.
using Channel = std::uint32_t;

/// Bandwidth of every channel in MB/s, rounded, at least 1; 0 where nothing passes. Unknown is `unlimited`.
std::vector<std::uint32_t> channel_rates(const topology::Topology& topology);
inline constexpr std::uint32_t unlimited = 0xffffffff;

/// Finds routes: through as few GPUs and cores as can be, then over the fewest links, then the widest (whose narrowest
/// link carries most). Of ways that are equal, the numbers of the destinations choose: at each fork the remainder by
/// the number of ways, then the quotient goes on to the next fork. In a fat tree that is what InfiniBand calls d-mod-k:
/// messages of any shift of the ranks meet on no way up (Zahavi et al., "Optimized InfiniBand fat-tree routing for
/// shift all-to-all communication patterns", Concurrency and Computation 22, 2010).
///
/// Nodes with one neighbour are ends. Between the others, the distances to each destination are found when it is first
/// asked for, in time and memory (16 bytes a node) linear in them. Of one thread at a time.
class Routes {
 public:
  /// `owners`, if not empty: of every node, the one whose links its links are (owners_of_links() of planning).
  explicit Routes(const topology::Topology& topology, std::vector<topology::NodeIndex> owners = {});

  /// Appends the channels from one node to another; none from a node to itself. False, and nothing, where no way leads
  /// there. `destination` chooses among equals.
  bool append(topology::NodeIndex from, topology::NodeIndex to, std::uint32_t destination, std::vector<Channel>& route);

 private:
  /// What each inner node knows of the way to one destination.
  struct Way {
    std::uint64_t distance;  // GPUs and cores passed << 32, plus links
    std::uint32_t width;     // MB/s of the narrowest link
  };
  using Field = std::vector<Way>;
  /// A link as one of its nodes sees it. Nodes are counted among the inner ones.
  struct Arc {
    std::uint32_t to;
    Channel channel;
    std::uint32_t rate;  // MB/s
    std::uint32_t rate_back;
  };
  /// Chooses among equals.
  struct Choice {
    std::uint32_t rest;
    std::uint32_t of(std::uint32_t ways);
  };

  /// One node: the link lies inside of an owner, and nothing takes it.
  struct Ends {
    topology::NodeIndex from, to;
    bool are_two() const { return from != to; }
  };
  Ends ends_of(const topology::Link& link) const;
  void find_ends(const topology::Topology& topology);
  void number_inner_nodes(const topology::Topology& topology);
  void add_arcs(const topology::Topology& topology);
  const Field& field_to(std::uint32_t target);
  Field computed(std::uint32_t target) const;
  bool walk(std::uint32_t at, std::uint32_t target, Choice& choice, std::vector<Channel>& route);
  bool append_end(topology::NodeIndex end, bool leaves, Choice& choice, std::vector<Channel>& route) const;
  std::uint64_t step_through(std::uint32_t node, std::uint32_t target) const;

  std::vector<topology::NodeIndex> owners_;
  std::vector<std::uint32_t> rates_;              // of the channels
  std::vector<topology::NodeIndex> neighbour_;    // of each end: the one that it has; no_node for inner nodes
  std::vector<std::uint32_t> inner_;              // the number of each inner node
  std::vector<std::uint32_t> first_end_channel_;  // of each node: where the channels out of it begin, if it is an end
  std::vector<Channel> end_channels_;
  std::vector<bool> only_ends_;       // inner nodes that pass nothing on while there is another way
  std::vector<std::uint32_t> first_;  // arcs of inner node v: first_[v] .. first_[v+1]
  std::vector<Arc> arcs_;
  std::vector<Field> fields_;  // by destination; empty where not known yet
  std::size_t fields_kept_ = 0;
};

}  // namespace treering
