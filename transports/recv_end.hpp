// The receiver's end of a wire: peek and consume. Inline, since it is the inner loop of the executor. An end belongs to
// one thread; the sender's counters are cached here and read again only when the cached value does not suffice.
//
// A message: begin(), then data in one or more parts, then end(). Or, where both ends move it whole: place_of_whole(),
// release_whole(). Nothing here waits: what cannot go on is false or 0.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "transports/doorbell.hpp"
#include "transports/lending.hpp"
#include "transports/wire.hpp"

namespace treering {

/// A wire that is not connected yet: nothing ever arrives on it.
inline WireControl unconnected{};

enum class Arrival : std::uint8_t {
  nothing,   ///< not yet
  message,   ///< of the operation expected
  mismatch,  ///< of another operation, or of another size
};

class RecvEnd {
 public:
  Wire wire{&unconnected, nullptr, 0};
  Bell bell;  ///< the sender's
  Borrower* borrower = nullptr;
  Lender* lender = nullptr;  ///< null: the sender cannot write to where this end wants a message

  /// Has the next message come, and is it of the operation with this digest?
  Arrival arrived(std::uint32_t digest) const {
    const std::uint64_t turn = next().turn.load(std::memory_order_acquire);
    if (static_cast<std::uint32_t>(turn) != turn_of(lines_got_)) return Arrival::nothing;
    return turn >> 32 == digest ? Arrival::message : Arrival::mismatch;
  }

  /// Of the message that has arrived.
  std::uint32_t digest_here() const {
    return static_cast<std::uint32_t>(next().turn.load(std::memory_order_acquire) >> 32);
  }

  /// All of a message that has arrived, of at most longest_whole() bytes. Null: it is of another size, or not all here.
  const std::byte* place_of_whole(std::uint64_t bytes) {
    if (bytes <= line_data_bytes) return next().data;
    Announcement announcement;
    std::memcpy(&announcement, next().data, sizeof announcement);
    // What a peer wrote bounds nothing: never more than the ring holds.
    const std::uint64_t at = announcement.offset & (wire.ring_bytes - 1);
    if (announcement.bytes != bytes || announcement.region != Announcement::in_ring || bytes > wire.ring_bytes - at ||
        announcement.ready - announcement.offset != bytes)
      return nullptr;
    ring_got_ = announcement.offset;
    return wire.ring + at;
  }
  /// Gives it back. True: the sender has been told, and may wait for that.
  bool release_whole(std::uint64_t bytes) {
    if (bytes <= line_data_bytes) return release();
    ring_got_ = align_up(ring_got_ + bytes);
    wire.control->consumed.ring.store(ring_got_, std::memory_order_release);
    release();
    return true;
  }

  /// Where a message that has not come yet is wanted, if the sender can write there. Messages that will be expected are
  /// numbered from next_message() on.
  std::uint64_t next_message() const { return lines_got_; }
  void offer(std::uint64_t message, const std::byte* first, std::uint64_t bytes) {
    if (!lender || message - lines_got_ >= offers_per_wire || wire.control == &unconnected) return;
    const auto place = lender->lend(first, bytes);
    if (!place) return;
    OfferedPlace& offer = wire.control->offers[message & (offers_per_wire - 1)];
    offer.bytes = bytes;
    offer.region = place->region;
    offer.offset = place->offset;
    offer.turn.store(message + 1, std::memory_order_release);
  }

  /// Takes up a longer message that has arrived. Nothing: lent memory is not known here yet, ask again.
  Arrival begin(std::uint64_t bytes) {
    Announcement announcement;
    std::memcpy(&announcement, next().data, sizeof announcement);
    if (announcement.bytes != bytes) return Arrival::mismatch;
    lent_ = nullptr;
    lands_ = announcement.region == Announcement::landed;
    if (!lands_ && announcement.region != Announcement::in_ring) {
      lent_ = borrower ? borrower->find({announcement.region, announcement.offset}, bytes) : nullptr;
      if (!lent_) return Arrival::nothing;
    } else if (!lands_) {
      ring_got_ = announcement.offset;
    }
    ready_ = announcement.ready;
    return Arrival::message;
  }

  /// Contiguous bytes of the message that are here, whole elements, at most `most`; where they are: data_at(). As
  /// room().
  std::uint64_t available(std::uint64_t most, std::uint64_t element) {
    const Published& published = wire.control->published;
    if (lent_) return whole(most, here(published.lent, lent_got_, most), element);
    if (lands_) return whole(most, here(published.landed, landed_got_, most), element);
    const std::uint64_t to_end = wire.ring_bytes - (ring_got_ & (wire.ring_bytes - 1));
    if (to_end < element) {
      ring_got_ += to_end;
      return available(most, element);
    }
    // What a peer wrote bounds nothing: never more than the ring holds.
    const std::uint64_t arrived_here = here(published.ring, ring_got_, std::min(most, to_end));
    return whole(most, std::min({to_end, arrived_here, wire.ring_bytes}), element);
  }
  const std::byte* data_at() const { return lent_ ? lent_ : wire.ring + (ring_got_ & (wire.ring_bytes - 1)); }

  /// Gives `bytes` back to the sender.
  void consume(std::uint64_t bytes) {
    if (lent_) {
      lent_ += bytes;
      lent_got_ += bytes;
      wire.control->consumed.lent.store(lent_got_, std::memory_order_release);
    } else if (lands_) {
      landed_got_ += bytes;
    } else {
      ring_got_ += bytes;
      wire.control->consumed.ring.store(ring_got_, std::memory_order_release);
    }
  }
  /// After the last consume of a message.
  void end() {
    if (!lent_ && !lands_) {
      ring_got_ = align_up(ring_got_);
      wire.control->consumed.ring.store(ring_got_, std::memory_order_release);
    }
    lent_ = nullptr;
    lands_ = false;
    release();
  }
  /// Between begin() and end() of a lent message: the sender's memory must stay where data_at() says.
  bool borrows() const { return lent_ != nullptr; }
  /// Between begin() and end() of a message that is written to where it was wanted: there is nothing to take.
  bool lands() const { return lands_; }

  /// As the sender's, where a message is lent, and for what was offered.
  void enter() { wire.control->consumed.visits.store(1, std::memory_order_relaxed); }
  bool is_locked_out() const { return wire.control->published.withdrawn.load(std::memory_order_relaxed) != 0; }
  void leave() { wire.control->consumed.visits.store(0, std::memory_order_release); }
  void withdraw() {
    if (wire.control != &unconnected) wire.control->consumed.withdrawn.store(1, std::memory_order_relaxed);
  }
  bool is_visited() const { return wire.control->published.visits.load(std::memory_order_acquire) != 0; }

 private:
  const Line& next() const { return wire.control->lines[lines_got_ & (lines_per_wire - 1)]; }

  bool release() {
    ++lines_got_;
    // The sender has 64 lines: telling it every 16 keeps this line in its cache and in ours.
    if (lines_got_ % (lines_per_wire / 4) != 0) return false;
    wire.control->consumed.lines.store(lines_got_, std::memory_order_release);
    return true;
  }

  std::uint64_t here(const std::atomic<std::uint64_t>& published, std::uint64_t got, std::uint64_t want) {
    // Signed: got may have skipped the ring's last bytes before the sender has published what lies beyond them.
    if (static_cast<std::int64_t>(ready_ - got) < static_cast<std::int64_t>(want))
      ready_ = published.load(std::memory_order_acquire);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(ready_ - got)));
  }

  std::uint64_t lines_got_ = 0;
  std::uint64_t ring_got_ = 0;
  std::uint64_t lent_got_ = 0;
  std::uint64_t landed_got_ = 0;
  std::uint64_t ready_ = 0;  // of the counter that the message flows by, as last seen
  const std::byte* lent_ = nullptr;
  bool lands_ = false;
};

}  // namespace treering
