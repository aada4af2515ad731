// The frames on a connection: a header of 8 bytes, little-endian, and for some kinds a payload.
//
//   byte 0     kind
//   byte 1     zero
//   bytes 2-3  lane
//   bytes 4-7  value, what it means depends on the kind
//
// One connection carries all wires between two ranks, both ways: opened, record, line, ring and starved are about a
// wire of whoever sends them, the two credits and placed about one of whoever gets them. No frame says where its data
// lies: positions follow from what came before, so that a wrong peer cannot name memory that is not its wire's. An
// address is of memory that its sender owns and that its key opens, and nothing else.
//
// Where two ranks connect to each other at once, the connection of the lower rank stays. The higher rank sends `moved`
// as the last frame about its wires on its own connection, and goes on on the other one when it has got `moved` back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "transports/mapping.hpp"
#include "transports/wire.hpp"
#include "treering/result.hpp"

namespace treering::framed {

enum class FrameKind : std::uint8_t {
  opened = 1,       ///< the first frame of a lane. Value: bytes of its ring
  record = 2,       ///< value: bytes of text. Payload: digest, text
  line = 3,         ///< value: the digest in the line's turn. Payload: the line's data
  ring = 4,         ///< value: bytes, never across the ring's end. Payload: the bytes
  line_credit = 5,  ///< value: how many more lines have been consumed
  ring_credit = 6,  ///< value: how many more bytes of the ring have been consumed
  starved = 7,      ///< value: 0. The sender waits for ring credit, however little
  goodbye = 8,      ///< nothing follows; the end of the connection is no failure
  moved = 9,        ///< value: 0. What was sent here is sent on the other connection from now on
  placed = 10,      ///< value: the key of the wire's ring at the receiver. Payload: its address, 8 bytes
};

/// Where the sender of a wire writes its ring bytes by itself: to the receiver's ring. The ring frame then has no
/// payload, and says that the bytes are there.
struct RingPlace {
  std::uint64_t address = 0;  ///< in the receiver's process; 0: not known yet
  std::uint32_t key = 0;
};

struct Frame {
  FrameKind kind;
  LaneIndex lane = 0;
  std::uint32_t value = 0;
};

inline constexpr std::size_t header_bytes = 8;
inline constexpr std::size_t digest_bytes = 4;
inline constexpr std::size_t most_text_bytes = std::extent_v<decltype(OperationRecord::text)> - 1;
/// The largest payload of all kinds but ring.
inline constexpr std::size_t most_small_payload_bytes = digest_bytes + most_text_bytes;

using Header = std::array<std::byte, header_bytes>;

Header encode(const Frame& frame);

/// The frame that a header of header_bytes describes; an error if no rank writes such a header. The message is a phrase
/// for whoever knows the peer's name. What the frame means for its wire is for the caller to check.
Result<Frame> decode(const std::byte* header);

/// Bytes that follow the header and belong to the frame; 0 for ring, whose payload flows by itself.
std::size_t small_payload_bytes(const Frame& frame);

void store_little_endian(std::uint32_t value, std::byte* at);
std::uint32_t load_little_endian(const std::byte* at);

std::array<std::byte, 8> encode(std::uint64_t address);
std::uint64_t decode_address(const std::byte* at);

}  // namespace treering::framed
