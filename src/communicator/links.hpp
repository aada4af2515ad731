// Which transport joins this rank to each of its peers, and the wires over it. What the roster promises is tried, and
// what has been proven is used: two containers of one host have the same kernel, yet need not see each other's Unix
// sockets. A rank that cannot connect to a peer of its host by shared memory sends to it over TCP; what it receives
// comes the way that the peer has found, one direction apart from the other.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "communicator/rdma.hpp"
#include "execution/program.hpp"
#include "startup/member.hpp"
#include "transports/own_bell.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering {

class Loopback;
class SharedMemory;
class Tcp;
namespace framed {
class FramedTransport;
}

/// Ways to reach a peer, the best first. UCX is taken where it is asked for, and not otherwise: what it goes over, and
/// whether that reaches a peer, is its own affair.
enum class Reach : std::uint8_t { loopback, shared_memory, verbs, ucx, tcp };

const char* name_of(Reach reach);

/// One rank's links. Belongs to the thread that drives the rank, but for what does not change after open(): any thread
/// may ask for that. What it is given outlives it.
class Links final : public Wires {
 public:
  struct Terms {
    std::uint64_t communicator = 0;  ///< the same number on all ranks, another for every communicator
    Rank rank = 0;
    std::uint64_t window_bytes = 0;
    std::string_view forced;  ///< "auto", or the transport for all peers: "loopback", "shm", "verbs", "ucx",
                              ///< "tcp"
    const Rdma& rdma;         ///< what this rank has told the others in its Member
  };

  /// An error if a transport is forced that cannot reach all peers.
  static Result<std::unique_ptr<Links>> open(const Terms& terms, const Roster& roster, Connector& connector,
                                             const OwnBell& bell);

  /// Logs a warning for the first wire to a peer that falls back to TCP. Where a transport is forced, none does.
  Result<SendEnd*> send_end(Rank to, LaneIndex lane) override;
  Result<RecvEnd*> recv_end(Rank from, LaneIndex lane) override { return transport_to(from).open_recv(from, lane); }

  /// Those that some peer is reached by, or may come by.
  std::span<Transport* const> transports() const { return in_use_; }

  // Any thread, from here to describe().

  /// The slowest way between any two ranks of the communicator, as the roster promises. The same on all
  /// ranks, so it knows nothing of pairs that have fallen back.
  Reach farthest() const { return farthest_; }

  /// How many ranks run on the host of this rank.
  Rank ranks_here() const { return ranks_here_; }

  /// "3 over loopback, 12 over shared memory (2 of them by TCP: shared memory did not work)". Any thread.
  std::string describe() const;

  void close();

  ~Links() override;

 private:
  Links();
  Result<void> make_transports(const Terms& terms, const Roster& roster, Connector& connector, const OwnBell& bell);
  std::unique_ptr<Tcp> make_tcp(const Terms& terms, Rank ranks, Connector& connector, const OwnBell& bell);
  Transport& transport_to(Rank peer);
  Result<SendEnd*> fall_back(Rank to, LaneIndex lane, const Error& why);

  Rank rank_ = nobody;
  bool is_forced_ = false;
  std::vector<Reach> reach_;                 // of each rank, as the roster promises; constant after open()
  std::set<Rank> sends_by_tcp_;              // to these, though they are of this host
  std::atomic<std::size_t> fallen_back_{0};  // how many those are, for describe()
  std::unique_ptr<Loopback> loopback_;
  std::unique_ptr<SharedMemory> shared_memory_;
  std::unique_ptr<framed::FramedTransport> verbs_;
  std::unique_ptr<framed::FramedTransport> ucx_;
  std::unique_ptr<Tcp> tcp_;
  std::vector<Transport*> in_use_;
  Reach farthest_ = Reach::loopback;
  Rank ranks_here_ = 1;
};

}  // namespace treering
