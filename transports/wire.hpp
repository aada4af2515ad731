// A wire: one FIFO from one rank to another, for one lane, without tags. It is plain memory that both ends see, so that
// the CPU and the GPU run the same inline code over it, and a transport is whatever makes that memory the same at both
// ends.
//
// What one step (or one round of a circulating step) moves over a wire is a message. Both ends know its size from the
// plan. Every message is announced by one Line, in order:
//   - up to 56 bytes lie in the line itself: data and flag travel in one cache line;
//   - short ones lie in the ring in one piece, and all of them is there when the line is (messages that move whole);
//   - longer ones flow through the ring, or lie in the sender's own memory (lent), or are written to where the receiver
//     wants them (landed); the line says where, and how many bytes are ready. Further bytes are published by counters.
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
inline constexpr std::uint64_t offers_per_wire = 4;  ///< messages whose place can be known in advance, a power of two

/// A message of at most 56 bytes, or the Announcement of a longer one.
struct alignas(cache_line_bytes) Line {
  /// Low half: number of the message + 1. High half: digest of the operation. Zero: never written.
  std::atomic<std::uint64_t> turn;
  std::byte data[line_data_bytes];
};
static_assert(sizeof(Line) == cache_line_bytes);

/// The low half of a turn: which message. A line that was never written has 0, which is no turn of its first message.
constexpr std::uint32_t turn_of(std::uint64_t message) {
  return static_cast<std::uint32_t>(message) + 1;
}

/// Where the data of a message longer than a line is.
struct Announcement {
  static constexpr std::uint64_t in_ring = 0;
  static constexpr std::uint64_t landed = ~std::uint64_t{0};
  std::uint64_t bytes;   ///< of the whole message: a check, both ends know it
  std::uint64_t ready;   ///< value of the sender's counter (ring, lent or landed) when the line was written
  std::uint64_t region;  ///< in_ring, landed, or the number of a region of the sender's memory that the receiver knows
  std::uint64_t offset;  ///< lent: bytes from the region's start; in the ring: the sender's counter at its start
};
static_assert(sizeof(Announcement) <= line_data_bytes);

/// Where the receiver wants a message that has not been begun. Written by the receiver, before it sends whatever the
/// sender waits for with that message.
struct alignas(cache_line_bytes) OfferedPlace {
  std::atomic<std::uint64_t> turn;  ///< number of the message + 1
  std::uint64_t bytes;              ///< of the whole message
  std::uint64_t region;             ///< of the receiver's memory
  std::uint64_t offset;             ///< bytes from the region's start
};

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
  std::atomic<std::uint64_t> landed;
  std::atomic<std::uint32_t> visits;     ///< 1: is writing to memory of the receiver
  std::atomic<std::uint32_t> withdrawn;  ///< 1: what it has lent must not be read any more
};

/// Written by the receiver alone. Since the wire was opened.
struct alignas(cache_line_bytes) Consumed {
  std::atomic<std::uint64_t> lines;      ///< messages that need their line no more
  std::atomic<std::uint64_t> ring;       ///< bytes
  std::atomic<std::uint64_t> lent;       ///< bytes
  std::atomic<std::uint32_t> visits;     ///< 1: is reading memory of the sender
  std::atomic<std::uint32_t> withdrawn;  ///< 1: what it has offered must not be written any more
};

/// The memory of a wire, apart from its ring, as laid out in shared memory. All zero is a fresh wire.
struct WireControl {
  Published published;
  Consumed consumed;
  OperationRecord record;
  OfferedPlace offers[offers_per_wire];
  Line lines[lines_per_wire];
};
static_assert(sizeof(WireControl) % cache_line_bytes == 0);

/// Both ends' view of a wire. The pointers are this process's own.
struct Wire {
  WireControl* control = nullptr;
  std::byte* ring = nullptr;
  std::uint64_t ring_bytes = 0;  ///< a power of two, a multiple of the page size
};

/// Bytes of whole elements that can move: at most `most`, which is a multiple of `element`, and at most `possible`. The
/// usual answer is all, for which nothing is divided.
constexpr std::uint64_t whole(std::uint64_t most, std::uint64_t possible, std::uint64_t element) {
  return possible >= most ? most : possible / element * element;
}

/// Up to here a copy costs less than to agree on how to do without one.
inline constexpr std::uint64_t short_message = 4 << 10;

/// Messages of up to so many bytes may move whole. So many of them fit a ring that nobody waits who would not wait with
/// longer ones, too.
constexpr std::uint64_t longest_whole(std::uint64_t ring_bytes) {
  constexpr std::uint64_t fewest_in_a_ring = 16;
  const std::uint64_t longest = ring_bytes / fewest_in_a_ring;
  return longest < line_data_bytes ? line_data_bytes : longest < short_message ? longest : short_message;
}

/// Where the next message starts in a ring whose position is `n`: on a cache line of its own.
constexpr std::uint64_t align_up(std::uint64_t n) {
  return (n + cache_line_bytes - 1) / cache_line_bytes * cache_line_bytes;
}

}  // namespace treering
