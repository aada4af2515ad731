// One TCP connection of the transport: frames in, frames out, and what is known of its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "transports/framed/link.hpp"
#include "transports/silence.hpp"
#include "transports/socket_path.hpp"
#include "transports/tcp/frame_reader.hpp"
#include "transports/tcp/frame_writer.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering::tcp {

class SocketLink final : public framed::Link, private FrameSink {
 public:
  /// `self`: this rank. `connector`: who is told of silence. It and `sink` outlive the link.
  SocketLink(Rank self, Rank peer, Descriptor socket, framed::LinkSink& sink, Connector& connector);

  int descriptor() const override { return socket_.get(); }

  /// Reads what is there, up to a limit that lets the caller work on it while it is in the cache. True if anything
  /// came.
  bool receive() override;

  /// Did receive() find less than it asked for? There may be more by now.
  bool has_read_all() const { return read_all_; }

  bool has_room() const override { return writer_.has_room(); }
  void add(const framed::Frame& frame, std::span<const std::byte> payload = {}) override {
    writer_.add(frame, payload);
  }
  void add_ring(const framed::RingPart& part) override;
  bool flush() override;
  bool is_full() const override { return !writer_.empty(); }

  /// Goodbye, as far as the socket takes it, and the end of the connection.
  void close() override;

  /// Sends nothing more if something is under way, not even a goodbye: frames cannot be left half-sent.
  void withdraw() override { withdrawn_ = !writer_.empty(); }

  /// To be called about once a second while nothing moves: a peer whose host does not answer is lost in the end.
  void look_for_silence();

  /// Is the poller told to report room in the socket?
  bool watched_for_room = false;

 private:
  Result<void> take(const framed::Frame& frame, const std::byte* payload) override {
    return Link::take(sink_, frame, payload);
  }
  Result<std::byte*> land(const framed::Frame& frame) override { return sink_.land(*this, frame); }
  void landed(LaneIndex lane, std::size_t bytes) override { sink_.landed(lane, bytes); }
  void end_of_input(int error);
  void lose(const std::string& how, bool is_silence);
  void end_of_output(int error);

  Rank self_;
  Descriptor socket_;
  framed::LinkSink& sink_;
  Connector& connector_;
  SocketPath path_;
  std::optional<SilenceWatch> silence_;  // of another host
  FrameReader reader_;
  FrameWriter writer_;
  int output_error_ = 0;  // errno of the write that failed
  bool withdrawn_ = false;
  bool read_all_ = false;
};

}  // namespace treering::tcp
