#include "transports/tcp/peer.hpp"

#include <utility>

namespace treering::tcp {

Link* Peer::adopt(Descriptor socket) {
  if (theirs_) return nullptr;
  theirs_ = std::make_unique<Link>(self_, peer_, std::move(socket), static_cast<LinkSink&>(*this));
  if (!own_) {
    outgoing_.flow_on(theirs_.get());
  } else if (self_ > peer_) {
    move_ = Move::to_be_said;
    outgoing_.hold(true);
  }
  return theirs_.get();
}

Link* Peer::connect(Descriptor socket) {
  own_ = std::make_unique<Link>(self_, peer_, std::move(socket), static_cast<LinkSink&>(*this));
  outgoing_.flow_on(own_.get());
  return own_.get();
}

bool Peer::push() {
  bool moved = false;
  if (move_ == Move::to_be_said && own_->writer().has_room()) {
    own_->writer().add({FrameKind::moved});
    move_ = Move::said;
  }
  if (owes_answer_ && theirs_->writer().has_room()) {
    theirs_->writer().add({FrameKind::moved});
    owes_answer_ = false;
    moved |= theirs_->flush();
  }
  // Where the peer's wires have left theirs_, the answer may still wait for room.
  if (they_moved_ && theirs_ && theirs_->is_full()) moved |= theirs_->flush();
  return outgoing_.push(incoming_.link() == outgoing_.link() ? &incoming_ : nullptr) || moved;
}

std::unique_ptr<Link> Peer::take_retired() {
  if (move_ == Move::done && own_) return std::move(own_);
  if (they_moved_ && theirs_ && theirs_->ended()) {
    they_moved_ = false;
    return std::move(theirs_);
  }
  return nullptr;
}

Result<void> Peer::take(Link& from, const Frame& frame, const std::byte* payload) {
  switch (frame.kind) {
    case FrameKind::line_credit:
    case FrameKind::ring_credit: return outgoing_.take(frame);
    case FrameKind::moved: return take_moved(from);
    default: break;
  }
  if (auto right = take_data_from(from); !right) return right;
  return incoming_.take(frame, payload);
}

Result<std::byte*> Peer::land(Link& from, const Frame& frame) {
  if (auto right = take_data_from(from); !right) return std::move(right).error();
  return incoming_.land(frame);
}

/// The peer's wires flow on one connection, the one that their first frame came on.
Result<void> Peer::take_data_from(Link& from) {
  if (!incoming_.link()) incoming_.flow_on(&from);
  if (incoming_.link() == &from) return {};
  return Error{Code::remote_error, "data on two connections at once"};
}

Result<void> Peer::take_moved(const Link& from) {
  if (self_ < peer_ && &from == theirs_.get() && own_ && !they_moved_ && incoming_.link() != own_.get()) {
    they_moved_ = owes_answer_ = true;
    incoming_.flow_on(own_.get());
    return {};
  }
  if (self_ > peer_ && &from == own_.get() && move_ == Move::said) {
    move_ = Move::done;
    outgoing_.flow_on(theirs_.get());
    outgoing_.hold(false);
    return {};
  }
  return Error{Code::remote_error, "a move to a connection that there is not"};
}

}  // namespace treering::tcp
