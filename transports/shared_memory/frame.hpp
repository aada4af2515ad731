// What processes of one host say to each other over the Unix socket of a link. Once, when wires and memory come and go.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace treering::shared_memory {

/// 24 bytes, little-endian: kind (4), lane (4), number (8), bytes (8). Descriptors travel beside the first byte.
struct Frame {
  enum class Kind : std::uint32_t {
    hello = 1,    ///< first in both directions. lane: version; number: process; bytes: the bell's offset. Page, event
    wire = 2,     ///< to the receiver of the wire. lane; number: bytes to have at hand; bytes: of the ring. Memory
    region = 3,   ///< memory that will be lent, or in which messages land. number; bytes. Its memory
    retire = 4,   ///< that memory will be used no more. number
    goodbye = 5,  ///< the end of the connection, when it comes, is no failure
  };
  static constexpr std::uint32_t version = 2;
  static constexpr std::size_t encoded_bytes = 24;
  using Encoded = std::array<std::byte, encoded_bytes>;

  Kind kind = Kind::goodbye;
  std::uint32_t lane = 0;
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
};

/// How many descriptors a frame of this kind carries.
constexpr std::size_t descriptors_of(Frame::Kind kind) {
  switch (kind) {
    case Frame::Kind::hello: return 2;
    case Frame::Kind::wire:
    case Frame::Kind::region: return 1;
    default: return 0;
  }
}
inline constexpr std::size_t most_descriptors = 2;

Frame::Encoded encode(const Frame& frame);

/// Nothing: not a frame.
std::optional<Frame> decode(const Frame::Encoded& encoded);

}  // namespace treering::shared_memory
