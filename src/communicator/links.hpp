// Which transport joins this rank to each of its peers, and the wires over it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "communicator/member.hpp"
#include "execution/program.hpp"
#include "transports/own_bell.hpp"
#include "transports/transport.hpp"

namespace treering {

/// Ways to reach a peer, the best first.
enum class Reach : std::uint8_t { loopback, shared_memory, tcp };

const char* name_of(Reach reach);

/// One rank's links. Belongs to the thread that drives the rank. What it is given outlives it.
class Links final : public Wires {
 public:
  struct Terms {
    std::uint64_t communicator = 0;  ///< the same number on all ranks, another for every communicator
    Rank rank = 0;
    std::uint64_t window_bytes = 0;
    std::string_view forced;  ///< "auto", or the transport for all peers: "loopback", "shm", "tcp"
  };

  /// An error if a transport is forced that cannot reach all peers.
  static Result<std::unique_ptr<Links>> open(const Terms& terms, const Roster& roster, Connector& connector,
                                             const OwnBell& bell);

  Result<SendEnd*> send_end(Rank to, LaneIndex lane) override { return transport_to(to).open_send(to, lane); }
  Result<RecvEnd*> recv_end(Rank from, LaneIndex lane) override { return transport_to(from).open_recv(from, lane); }

  /// Those that some peer is reached by.
  std::span<Transport* const> transports() const { return in_use_; }

  /// The slowest way between any two ranks of the communicator: what plans are priced by. The same on all ranks.
  Reach farthest() const { return farthest_; }

  /// How many ranks run on the host of this rank.
  Rank ranks_here() const { return ranks_here_; }

  /// "15 peers: 3 loopback, 12 shared memory".
  std::string describe() const;

  void close();

 private:
  Links() = default;
  void make_transports(const Terms& terms, Rank ranks, Connector& connector, const OwnBell& bell);
  Transport& transport_to(Rank peer) { return *transports_[static_cast<std::size_t>(reach_[static_cast<std::size_t>(peer)])]; }

  std::vector<Reach> reach_;  // of each rank
  std::unique_ptr<Transport> transports_[3];
  std::vector<Transport*> in_use_;
  Reach farthest_ = Reach::loopback;
  Rank ranks_here_ = 1;
};

}  // namespace treering
