// Wires over TCP: both ends work on memory of their own, and this transport carries what changes in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/tcp/peer.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering {

class Tcp final : public Transport {
 public:
  /// `own`: this rank's bell. `ring_bytes`: of every wire, a power of two from 4096 to most_ring_bytes, the same on all
  /// ranks. `connector` outlives this. What cannot be set up shows in failure().
  ///
  /// `held` is for peers that fall back to this transport: it names the ends that this rank holds already, of wires
  /// that the other transport has not connected. When the peer opens such a wire here, the end that is held comes
  /// alive, in progress(). Where it is empty or returns null, ends come from open_recv() alone.
  ///
  /// Until the first connection, of whichever direction, this costs no system call and no descriptor.
  Tcp(Connector& connector, Rank rank, Rank ranks, Bell own, std::uint64_t ring_bytes, tcp::HeldEnds held = {});
  /// Without close() before it, the peers take it for an accident.
  ~Tcp() override;
  Tcp(const Tcp&) = delete;
  Tcp& operator=(const Tcp&) = delete;

  std::string_view name() const override { return "tcp"; }
  Result<SendEnd*> open_send(Rank peer, LaneIndex lane) override;
  Result<RecvEnd*> open_recv(Rank peer, LaneIndex lane) override;
  bool progress() override;
  bool drained() const override;
  const Error* failure() const override { return failure_ ? &*failure_ : nullptr; }
  int wait_descriptor() const override { return poller_.get(); }
  void withdraw() override;
  void close() override;

 private:
  Result<void> usable(Rank peer) const;
  bool has_connections() const { return static_cast<bool>(poller_); }
  bool adopt();
  void adopt(Rank peer, Descriptor socket);
  tcp::Peer& peer(Rank peer);
  Result<void> watch(tcp::Link& link);
  void close_retired(tcp::Peer& peer);
  bool receive();
  bool receive(tcp::Link& link);
  void watch_for_room();
  void look_for_silence();
  void note(const tcp::Peer& peer);
  void fail(Error error);

  Connector& connector_;
  Rank rank_;
  Rank ranks_;
  Bell own_;
  std::uint64_t ring_bytes_;
  tcp::HeldEnds held_;
  Descriptor poller_;  // epoll: all sockets; none before the first
  std::map<Rank, std::unique_ptr<tcp::Peer>> peers_;
  std::vector<tcp::Peer*> all_peers_;  // the same, to go through
  tcp::Link* latest_ = nullptr;        // that something came on
  unsigned reads_ = 0;                 // of it alone, since something was sent
  bool rests_ = false;                 // the next progress() does not read
  std::time_t looked_at_s_ = 0;        // for silent peers
  std::optional<Error> failure_;
  bool closed_ = false;

  // Written on the connector's thread.
  std::mutex mailbox_mutex_;
  std::vector<std::pair<Rank, Descriptor>> mailbox_;
  std::atomic<bool> mail_{false};
};

}  // namespace treering
