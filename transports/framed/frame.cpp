#include "transports/framed/frame.hpp"

#include <fmt/format.h>

namespace treering::framed {
namespace {

/// The bounds of a frame's value that hold whatever has been sent before.
bool in_bounds(const Frame& frame) {
  const std::uint32_t value = frame.value;
  switch (frame.kind) {
    case FrameKind::opened: return value != 0;
    case FrameKind::record: return value <= most_text_bytes;
    case FrameKind::line: return true;
    case FrameKind::ring: return value >= 1 && value <= most_ring_bytes;
    case FrameKind::line_credit: return value >= 1 && value <= lines_per_wire;
    case FrameKind::ring_credit: return value >= 1;
    case FrameKind::starved: return value == 0;
    case FrameKind::goodbye:
    case FrameKind::moved: return value == 0 && frame.lane == 0;
    case FrameKind::placed: return true;
  }
  return false;
}

}  // namespace

void store_little_endian(std::uint32_t value, std::byte* at) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::byte>(value >> (8 * i));
}

std::uint32_t load_little_endian(const std::byte* at) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(at[i]) << (8 * i);
  return value;
}

std::array<std::byte, 8> encode(std::uint64_t address) {
  std::array<std::byte, 8> bytes;
  store_little_endian(static_cast<std::uint32_t>(address), bytes.data());
  store_little_endian(static_cast<std::uint32_t>(address >> 32), bytes.data() + 4);
  return bytes;
}

std::uint64_t decode_address(const std::byte* at) {
  return load_little_endian(at) | std::uint64_t{load_little_endian(at + 4)} << 32;
}

Header encode(const Frame& frame) {
  Header header{static_cast<std::byte>(frame.kind), std::byte{0}, static_cast<std::byte>(frame.lane),
                static_cast<std::byte>(frame.lane >> 8)};
  store_little_endian(frame.value, header.data() + 4);
  return header;
}

Result<Frame> decode(const std::byte* header) {
  const auto kind = std::to_integer<std::uint8_t>(header[0]);
  const auto lane = std::to_integer<std::uint32_t>(header[2]) | std::to_integer<std::uint32_t>(header[3]) << 8;
  const Frame frame{static_cast<FrameKind>(kind), static_cast<LaneIndex>(lane), load_little_endian(header + 4)};
  const bool known = kind >= static_cast<std::uint8_t>(FrameKind::opened) &&
                     kind <= static_cast<std::uint8_t>(FrameKind::placed) && header[1] == std::byte{0};
  if (!known) return Error{Code::remote_error, fmt::format("a frame of unknown kind {}", kind)};
  if (!in_bounds(frame))
    return Error{Code::remote_error,
                 fmt::format("a frame of kind {} for lane {} with the value {}", kind, frame.lane, frame.value)};
  return frame;
}

std::size_t small_payload_bytes(const Frame& frame) {
  if (frame.kind == FrameKind::line) return line_data_bytes;
  if (frame.kind == FrameKind::record) return digest_bytes + frame.value;
  if (frame.kind == FrameKind::placed) return sizeof(RingPlace::address);
  return 0;
}

}  // namespace treering::framed
