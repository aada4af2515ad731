// A connection between two ranks that carries frames, both ways and in order: the part of a transport that knows
// sockets or queue pairs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "transports/framed/frame.hpp"
#include "transports/wire.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering::framed {

class Link;

/// Who knows what the frames of a connection are about. An Error is a phrase for "rank 3 sent ...": the peer is wrong.
class LinkSink {
 public:
  /// Every kind but ring and goodbye.
  virtual Result<void> take(Link& from, const Frame& frame, const std::byte* payload) = 0;
  /// A ring frame has begun: where its frame.value bytes belong.
  virtual Result<std::byte*> land(Link& from, const Frame& frame) = 0;
  /// So many more of the bytes are there.
  virtual void landed(LaneIndex lane, std::size_t bytes) = 0;

 protected:
  ~LinkSink() = default;
};

/// Bytes of a wire's ring on their way.
struct RingPart {
  LaneIndex lane;
  std::uint64_t offset;              ///< in the ring, where they belong at both ends; never across its end
  std::span<const std::byte> bytes;  ///< where they lie: in the ring, or elsewhere. They stay until they have gone
  RingPlace place;                   ///< of the receiver's ring, for a link that writes_in_place()
};

class Link {
 public:
  explicit Link(Rank peer) : peer_(peer) {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  Rank peer() const { return peer_; }

  /// A socket that ends with the peer; what comes on it is taken in by receive(). True if anything came.
  virtual int descriptor() const = 0;
  virtual bool receive() = 0;

  /// Does it write ring bytes to the receiver's memory by itself? Then it must be told where that is.
  virtual bool writes_in_place() const { return false; }

  /// Can one more frame be added, of whatever kind? Not before the link is up.
  virtual bool has_room() const = 0;
  /// Adds a frame with a small payload, which is copied. It goes out with flush() at the latest.
  virtual void add(const Frame& frame, std::span<const std::byte> payload = {}) = 0;
  virtual void add_ring(const RingPart& part) = 0;
  /// Sends what has been added. True if anything went.
  virtual bool flush() = 0;
  /// Does something that was added wait for room?
  virtual bool is_full() const = 0;
  /// Has whatever was added left the memory in which it lay? That of rings is not asked for: the receiver gives it
  /// back.
  virtual bool is_done_with_memory() const { return !is_full(); }

  /// Has the peer closed its side, in order? There is nothing more to read.
  bool ended() const { return ended_; }
  /// Has the peer said goodbye?
  bool peer_left() const { return peer_left_; }

  /// After a failed operation: memory that what was added lies in is not touched any more.
  virtual void withdraw() = 0;
  /// Goodbye, as far as it can be said, and the end of the connection.
  virtual void close() = 0;

  const Error* failure() const { return failure_ ? &*failure_ : nullptr; }
  void fail(Error error) {
    if (!failure_) failure_ = std::move(error);
  }

 protected:
  /// The peer does not keep to the protocol, or this host cannot do what it asks for.
  void fail_frame(const Error& error, std::string_view connection);
  Result<void> take(LinkSink& sink, const Frame& frame, const std::byte* payload);
  void set_ended() { ended_ = true; }

 private:
  Rank peer_;
  bool peer_left_ = false;
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace treering::framed
