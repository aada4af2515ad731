// One TCP connection of the transport: frames in, frames out, and what is known of its end.
#pragma once

#include <cstdint>
#include <optional>

#include "transports/tcp/frame_reader.hpp"
#include "transports/tcp/frame_writer.hpp"
#include "transports/transport.hpp"

namespace treering::tcp {

class Link : protected FrameSink {
 public:
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  Rank peer() const { return peer_; }
  int descriptor() const { return socket_.get(); }
  const Error* failure() const { return failure_ ? &*failure_ : nullptr; }

  /// Reads what is there, up to a limit that lets the caller work on it while it is in the cache. True if anything
  /// came.
  bool receive();

  /// Has the peer closed its side, in order? There is nothing more to read.
  bool ended() const { return ended_; }

  /// Does output wait for room in the socket?
  bool is_full() const { return !writer_.empty(); }

  /// Goodbye, as far as the socket takes it, and the end of the connection.
  void close();

  /// Is the poller told to report room in the socket?
  bool watched_for_room = false;

 protected:
  explicit Link(Rank peer) : peer_(peer) {}

  void attach(Descriptor socket);
  bool attached() const { return static_cast<bool>(socket_); }

  /// Writes what has been added to the writer. True if anything went.
  bool flush();
  /// Has the peer said goodbye?
  bool peer_left() const { return peer_left_; }
  void fail(Error error);

  /// Every kind but ring and goodbye.
  virtual Result<void> take_frame(const Frame& frame, const std::byte* payload) = 0;

  FrameWriter writer_;

 private:
  Result<void> take(const Frame& frame, const std::byte* payload) final;
  void end_of_input(int error);
  void end_of_output(int error);

  Rank peer_;
  Descriptor socket_;
  FrameReader reader_;
  int output_error_ = 0;  // errno of the write that failed
  bool peer_left_ = false;
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace treering::tcp
