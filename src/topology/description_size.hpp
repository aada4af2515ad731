// What a description comes to before anything of it is made: numbers of nodes and links, and what cannot be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "topology/description.hpp"

namespace treering::topology {

inline constexpr std::uint32_t most_levels = 8;

/// Why the extents cannot be; empty where they can.
std::string problem_of(const Torus& torus);
/// Why the groups cannot be linked; empty where they can.
std::string problem_of(const Dragonfly& dragonfly);
/// Why the whole cannot be built, a whole message; empty where it can.
std::string problem_of(const Description& description, const Limits& limits);

/// Hosts of the network. Numbers here and below stop at 2^62 instead of overflowing.
std::uint64_t hosts(const Description& description);

/// What is in a host, including what the description leaves unsaid.
struct HostSize {
  std::uint64_t domains = 0;
  std::uint64_t switches = 0;  ///< of PCIe
  std::uint64_t nics = 0;      ///< one that nobody wrote where there is a network and are parts, but no NICs
  std::uint64_t nodes = 0;     ///< the host too
  std::uint64_t links = 0;

  /// Ends of the network's links: NICs, or the host itself.
  std::uint64_t ends() const { return nics > 0 ? nics : 1; }
};
HostSize host_size(const Description& description);

/// Switches of level 1 .. levels. A switch of level l has parts[l] below it, each by one link, and links[l] to switches
/// above. Level 1: `parts` are hosts.
struct FatTreeSize {
  std::uint64_t rails = 1;  ///< leaves of a group of hosts
  std::vector<std::uint64_t> parts, links, switches;
};
FatTreeSize fat_tree_size(const FatTree& tree, std::uint64_t ends_per_host);

/// Links between each two groups.
std::uint64_t links_between_groups(const Dragonfly& dragonfly);

}  // namespace treering::topology
