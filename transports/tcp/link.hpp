// One TCP connection of the transport: frames in, frames out, and what is known of its end.
#pragma once

#include <cstdint>
#include <optional>

#include "transports/socket_path.hpp"
#include "transports/tcp/frame_reader.hpp"
#include "transports/tcp/frame_writer.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering::tcp {

class Link;

/// Who knows what the frames of a connection are about. An Error is a phrase for "rank 3 sent ...": the peer is wrong.
class LinkSink {
 public:
  /// Every kind but ring and goodbye.
  virtual Result<void> take(Link& from, const Frame& frame, const std::byte* payload) = 0;
  /// As those of FrameSink.
  virtual Result<std::byte*> land(Link& from, const Frame& frame) = 0;
  virtual void landed(LaneIndex lane, std::size_t bytes) = 0;

 protected:
  ~LinkSink() = default;
};

class Link final : private FrameSink {
 public:
  /// `self`: this rank. `sink` outlives the link.
  Link(Rank self, Rank peer, Descriptor socket, LinkSink& sink);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  Rank peer() const { return peer_; }
  int descriptor() const { return socket_.get(); }
  const Error* failure() const { return failure_ ? &*failure_ : nullptr; }

  /// Reads what is there, up to a limit that lets the caller work on it while it is in the cache. True if anything
  /// came.
  bool receive();

  /// Did receive() find less than it asked for? There may be more by now.
  bool has_read_all() const { return read_all_; }

  /// What is added here goes out with flush().
  FrameWriter& writer() { return writer_; }
  /// Writes what has been added to the writer. True if anything went.
  bool flush();

  /// Has the peer closed its side, in order? There is nothing more to read.
  bool ended() const { return ended_; }
  /// Has the peer said goodbye?
  bool peer_left() const { return peer_left_; }
  /// Does output wait for room in the socket?
  bool is_full() const { return !writer_.empty(); }

  /// Goodbye, as far as the socket takes it, and the end of the connection.
  void close();

  void fail(Error error);

  /// Sends nothing more if something is under way, not even a goodbye: frames cannot be left half-sent.
  void withdraw() { withdrawn_ = !writer_.empty(); }

  /// To be called about once a second while nothing moves: a peer whose host has not answered for ten is lost.
  void look_for_silence();

  /// Is the poller told to report room in the socket?
  bool watched_for_room = false;

 private:
  Result<void> take(const Frame& frame, const std::byte* payload) override;
  Result<std::byte*> land(const Frame& frame) override { return sink_.land(*this, frame); }
  void landed(LaneIndex lane, std::size_t bytes) override { sink_.landed(lane, bytes); }
  void end_of_input(int error);
  void end_of_output(int error);

  Rank self_;
  Rank peer_;
  Descriptor socket_;
  LinkSink& sink_;
  SocketPath path_;
  FrameReader reader_;
  FrameWriter writer_;
  int output_error_ = 0;  // errno of the write that failed
  bool withdrawn_ = false;
  bool read_all_ = false;
  bool peer_left_ = false;
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace treering::tcp
