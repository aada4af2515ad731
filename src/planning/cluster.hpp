// The hosts that the ranks of a communicator run on, as prices see them.
#pragma once

#include <cstdint>
#include <vector>

#include "planning/machine.hpp"
#include "treering/types.hpp"

namespace treering {

/// The same on all ranks, and the constants are those of the slowest.
struct Cluster {
  struct Host {
    Rank ranks = 0;
    Rank cores = 1;  ///< that these ranks share
  };
  HostConstants constants = {};             ///< what the machines are made of
  Machine within;                           ///< messages between two ranks of a host
  Machine between;                          ///< those to and from ranks of other hosts
  std::vector<Host> hosts = {};             ///< one at least
  std::vector<std::uint32_t> host_of = {};  ///< of each rank: of `hosts`
};

}  // namespace treering
