// Frames on their way out of a socket. Small ones are read many at a time; the data of rings goes straight to its
// place.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "transports/framed/frame.hpp"
#include "transports/wire.hpp"

namespace treering::tcp {

using framed::Frame;

/// Whoever knows what the frames mean. An Error is a phrase for "rank 3 sent ...": the peer is wrong.
class FrameSink {
 public:
  /// A whole frame with its small payload.
  virtual Result<void> take(const Frame& frame, const std::byte* payload) = 0;
  /// A ring frame has begun: where its frame.value bytes belong.
  virtual Result<std::byte*> land(const Frame& frame) = 0;
  /// So many more of the bytes are there.
  virtual void landed(LaneIndex lane, std::size_t bytes) = 0;

 protected:
  ~FrameSink() = default;
};

class FrameReader {
 public:
  struct Reading {
    std::size_t bytes = 0;
    bool filled = false;  ///< as many as were asked for: there may be more
    bool end = false;     ///< of the connection
    int error = 0;        ///< errno; 0 also when there is nothing to read
  };
  /// One call into the system, and all frames that are complete by then.
  Result<Reading> read(int fd, FrameSink& sink);

 private:
  Result<void> parse(FrameSink& sink);
  Result<bool> parse_one(FrameSink& sink);

  std::array<std::byte, 4096> staged_;  // read and not parsed; none while a ring's data is flowing
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::span<std::byte> landing_;  // where the rest of a ring frame's data goes
  LaneIndex landing_lane_ = 0;
};

}  // namespace treering::tcp
