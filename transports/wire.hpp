// A wire: one FIFO from one rank to another, for one lane, without tags. It is plain memory that both ends see, so that
// the CPU and the GPU run the same inline code over it, and a transport is whatever makes that memory the same at both
// ends.
//
// What one step (or one round of a circulating step) moves over a wire is a message. Both ends know its size from the
// plan. Every message is announced by one Line, in order:
//   - up to 56 bytes lie in the line itself: data and flag travel in one cache line;
//   - longer ones flow through the ring, or lie in the sender's own memory (lent); the line says where, and how many
//   bytes
//     are ready. Further bytes are published by counters.
// The line's turn carries a digest of the operation, so that two ranks that disagree about it find out with the first
// line.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace treering {

/// One lane's wires are separate from every other lane's. The highest is for point-to-point.
using LaneIndex = std::uint16_t;

inline constexpr std::size_t cache_line_bytes = 64;
inline constexpr std::size_t line_data_bytes = 56;
inline constexpr std::uint64_t lines_per_wire = 64;  ///< messages in flight, a power of two

/// A message of at most 56 bytes, or the Announcement of a longer one.
struct alignas(cache_line_bytes) Line {
  /// Low half: number of the message + 1. High half: digest of the operation. Zero: never written.
  std::atomic<std::uint64_t> turn;
  std::byte data[line_data_bytes];
};
static_assert(sizeof(Line) == cache_line_bytes);

/// Where the data of a message longer than a line is.
struct Announcement {
  static constexpr std::uint64_t in_ring = 0;
  std::uint64_t bytes;   ///< of the whole message: a check, both ends know it
  std::uint64_t ready;   ///< value of the sender's counter (ring or lent) when the line was written
  std::uint64_t region;  ///< in_ring, or the number of a region of the sender's memory that the receiver has mapped
  std::uint64_t offset;  ///< lent: bytes from the region's start
};
static_assert(sizeof(Announcement) <= line_data_bytes);

/// What the sender is at, for the message of a mismatch. Rewritten when its operation differs from the one before it; a
/// reader that meets it being rewritten gets letters of both.
struct alignas(cache_line_bytes) OperationRecord {
  std::atomic<std::uint32_t> digest;
  std::atomic<char> text[124];  ///< zero-terminated, for people
};
static_assert(sizeof(OperationRecord) == 128);

/// Written by the sender alone. Bytes since the wire was opened.
struct alignas(cache_line_bytes) Published {
  std::atomic<std::uint64_t> ring;
  std::atomic<std::uint64_t> lent;
};

/// Written by the receiver alone. Since the wire was opened.
struct alignas(cache_line_bytes) Consumed {
  std::atomic<std::uint64_t> lines;  ///< messages that need their line no more
  std::atomic<std::uint64_t> ring;   ///< bytes
  std::atomic<std::uint64_t> lent;   ///< bytes
};

/// The memory of a wire, apart from its ring, as laid out in shared memory. All zero is a fresh wire.
struct WireControl {
  Published published;
  Consumed consumed;
  OperationRecord record;
  Line lines[lines_per_wire];
};
static_assert(sizeof(WireControl) % cache_line_bytes == 0);

/// Both ends' view of a wire. The pointers are this process's own.
struct Wire {
  WireControl* control = nullptr;
  std::byte* ring = nullptr;
  std::uint64_t ring_bytes = 0;  ///< a power of two, a multiple of the page size
};

}  // namespace treering
