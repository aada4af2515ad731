// Frames on their way into a socket: gathered, then written in as few calls as the socket allows.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>

#include "transports/framed/frame.hpp"

namespace treering::tcp {

using framed::Frame;

class FrameWriter {
 public:
  bool empty() const { return first_ == spans_used_; }

  /// Can one more frame be added? A goodbye always can, once.
  bool has_room() const {
    return copied_ + most_small_frame_bytes + framed::header_bytes <= copies_.size() &&
           spans_used_ + 3 <= spans_.size();
  }

  /// Adds a frame with a small payload, which is copied.
  void add(const Frame& frame, std::span<const std::byte> payload = {});

  /// Adds a frame whose payload is written from where it lies, unless it is short; it must not change until it has been
  /// written.
  void add_in_place(const Frame& frame, std::span<const std::byte> payload);

  struct Written {
    std::size_t bytes;
    int error;  ///< errno, or 0: also when the socket is full
  };
  /// One call into the system. What the socket does not take stays for the next.
  Written write(int fd);

  void clear() { copied_ = spans_used_ = first_ = 0; }

 private:
  static constexpr std::size_t most_small_frame_bytes = framed::header_bytes + framed::most_small_payload_bytes;

  void copy(std::span<const std::byte> bytes);
  void written(std::size_t bytes);

  std::array<std::byte, 8192> copies_;  // headers and small payloads
  std::array<iovec, 64> spans_;         // all that is to be written, in order
  std::size_t copied_ = 0;
  std::size_t spans_used_ = 0;
  std::size_t first_ = 0;  // of spans_, not written yet
};

}  // namespace treering::tcp
