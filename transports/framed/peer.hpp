// One peer: the wires to it and from it, on one connection where that can be.
//
// Either rank connects when it first sends. Where both do so at once there are two connections, and the higher rank
// moves to that of the lower one, as frame.hpp says.
#pragma once

#include <memory>

#include "transports/framed/incoming.hpp"
#include "transports/framed/link.hpp"
#include "transports/framed/outgoing.hpp"
#include "transports/wire.hpp"

namespace treering::framed {

class Peer final : private LinkSink {
 public:
  /// `self`: this rank. The rest as Incoming.
  Peer(Rank self, Rank peer, std::uint64_t ring_bytes, const HeldEnds& held, Registrar* registrar)
      : self_(self), peer_(peer), outgoing_(registrar), incoming_(peer, ring_bytes, held, registrar) {}

  Rank rank() const { return peer_; }
  /// What is told of the frames of a link to this peer.
  LinkSink& sink() { return *this; }

  Outgoing& outgoing() { return outgoing_; }
  Incoming& incoming() { return incoming_; }

  /// Has the peer connected?
  bool has_theirs() const { return theirs_ != nullptr; }
  /// A connection of the peer's, the first.
  void adopt(std::unique_ptr<Link> link);
  /// Is there a connection that a wire to the peer can use?
  bool is_connected() const { return own_ || theirs_; }
  /// The connection that this rank has made, where there was none.
  void connect(std::unique_ptr<Link> link);

  /// Sends data, and what is to be said about connections. True if anything went.
  bool push();
  bool drained() const { return outgoing_.drained() && incoming_.drained() && !owes_answer_; }

  /// Are there two connections?
  bool is_moving() const { return own_ && theirs_; }
  /// A connection that nothing flows on any more, or null. To be closed by the caller, outside of its receive().
  std::unique_ptr<Link> take_retired();

  template <class Visit>
  void for_each_link(const Visit& visit) const {
    if (own_) visit(*own_);
    if (theirs_) visit(*theirs_);
  }

 private:
  enum class Move : std::uint8_t { none, to_be_said, said, done };

  Result<void> take(Link& from, const Frame& frame, const std::byte* payload) override;
  Result<std::byte*> land(Link& from, const Frame& frame) override;
  void landed(LaneIndex lane, std::size_t bytes) override { incoming_.landed(lane, bytes); }
  Result<void> take_moved(const Link& from);
  Result<void> take_data_from(Link& from);

  Rank self_;
  Rank peer_;
  Outgoing outgoing_;
  Incoming incoming_;
  std::unique_ptr<Link> own_;     // made by this rank
  std::unique_ptr<Link> theirs_;  // made by the peer
  Move move_ = Move::none;        // ours, from own_ to theirs_
  bool they_moved_ = false;       // from theirs_ to own_
  bool owes_answer_ = false;
};

}  // namespace treering::framed
