// The socket of two processes: frames with descriptors beside them.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "transports/shared_memory/frame.hpp"
#include "transports/transport.hpp"

namespace treering::shared_memory {

/// Sending and receiving belong to one thread each, which may be different ones.
class Link {
 public:
  Link(Rank peer, Descriptor socket) : peer_(peer), socket_(std::move(socket)) {}

  Rank peer() const { return peer_; }
  int socket() const { return socket_.get(); }

  enum class Sent : std::uint8_t { yes, not_now, never };  ///< never: the peer is gone, and receive() will say so
  Sent send(const Frame& frame, std::span<const int> descriptors = {});

  /// Waits while the peer has much unread; it reads on a thread of its own, so that this is short unless it is stopped.
  Sent send_within(std::chrono::milliseconds limit, const Frame& frame, std::span<const int> descriptors = {});

  struct Received {
    enum class What : std::uint8_t { nothing_yet, frame, end, nonsense, too_many_open_files } what = What::nothing_yet;
    Frame frame;
    std::vector<Descriptor> descriptors;
  };
  Received receive();

 private:
  Rank peer_;
  Descriptor socket_;
  Frame::Encoded partial_{};  // of the frame being received
  std::size_t have_ = 0;
  std::vector<Descriptor> descriptors_;
};

}  // namespace treering::shared_memory
