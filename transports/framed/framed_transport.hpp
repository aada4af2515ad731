// Wires whose two ends each work on memory of their own, while what changes in it is carried as frames on connections.
// What all such transports share; the connections are their own.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "transports/framed/link.hpp"
#include "transports/framed/peer.hpp"
#include "transports/framed/registrar.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering::framed {

/// Connects to a peer when the first wire to it is opened, unless the peer has connected. Until the first connection,
/// of whichever direction, a transport costs no system call and no descriptor.
class FramedTransport : public Transport {
 public:
  /// What every such transport is made from.
  struct Terms {
    Connector& connector;  ///< outlives the transport
    Rank rank;
    Rank ranks;
    Bell own;                  ///< this rank's
    std::uint64_t ring_bytes;  ///< of every wire, a power of two from 4096 to most_ring_bytes, the same on all ranks
    /// For peers that fall back to this transport: names the ends that this rank holds already, of wires that the other
    /// transport has not connected. When the peer opens such a wire here, the end that is held comes alive, in
    /// progress(). Where it is empty or returns null, ends come from open_recv() alone.
    HeldEnds held = {};
  };
  FramedTransport(const FramedTransport&) = delete;
  FramedTransport& operator=(const FramedTransport&) = delete;
  /// Without close() before it, the peers take it for an accident.
  ~FramedTransport() override;

  Result<SendEnd*> open_send(Rank peer, LaneIndex lane) override;
  Result<RecvEnd*> open_recv(Rank peer, LaneIndex lane) override;
  bool drained() const override;
  const Error* failure() const override { return failure_ ? &*failure_ : nullptr; }
  int wait_descriptor() const override { return poller_.get(); }
  void withdraw() override;
  void close() override;

 protected:
  /// `registrar`: null, or what knows memory that links touch; used from the first open_*() on. What cannot be set up
  /// shows in failure().
  FramedTransport(Terms terms, Purpose purpose, Registrar* registrar);

  /// A link over a socket that this rank has made, or that the peer has. It frames nothing before it is asked to.
  enum class Made : std::uint8_t { here, there };
  virtual Result<std::unique_ptr<Link>> make_link(Peer& peer, Descriptor socket, Made made) = 0;
  /// A link that nothing flows on any more, and that has been closed.
  virtual void discard(std::unique_ptr<Link> link) = 0;

  bool is_usable() const { return !failure_ && !closed_; }
  bool has_connections() const { return static_cast<bool>(poller_); }
  Rank rank() const { return terms_.rank; }
  Connector& connector() const { return terms_.connector; }
  Bell own_bell() const { return terms_.own; }
  const std::vector<Peer*>& all_peers() const { return all_peers_; }
  /// epoll: the sockets of all links, each with its Link*; -1 before the first.
  int poller() const { return poller_.get(); }

  /// Takes up connections of peers. True if there were any.
  bool adopt();
  /// Sends what has been published. True if anything went.
  bool push_data();
  /// Sends what is due for what has been consumed; `moved`: something else has been done. True if anything went.
  bool push_credits(bool moved);
  /// No more is read from the socket of this link, which has ended: at its end a socket stays readable.
  void stop_watching(const Link& link);
  /// Has the poller report this descriptor, too.
  Result<void> watch(int descriptor, void* tag);
  void fail(Error error);
  /// Ends all links, and the wires with them.
  void end_links();

 private:
  Result<void> usable(Rank peer) const;
  Result<std::unique_ptr<Link>> link_to(Peer& peer, Descriptor socket, Made made);
  void adopt(Rank peer, Descriptor socket);
  Peer& peer(Rank peer);
  void close_retired(Peer& peer);
  void note(const Peer& peer);

  Terms terms_;
  Purpose purpose_;
  Registrar* registrar_;
  Descriptor poller_;
  std::map<Rank, std::unique_ptr<Peer>> peers_;
  std::vector<Peer*> all_peers_;  // the same, to go through
  std::optional<Error> failure_;
  bool closed_ = false;

  // Written on the connector's thread.
  std::mutex mailbox_mutex_;
  std::vector<std::pair<Rank, Descriptor>> mailbox_;
  std::atomic<bool> mail_{false};
};

}  // namespace treering::framed
