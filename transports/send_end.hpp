// The sender's end of a wire: reserve and commit. Inline, since it is the inner loop of the executor. An end belongs to
// one thread; the receiver's counters are cached here and read again only when the cached value does not suffice.
//
// A message: begin(), then data in one or more parts, then end(). Or, where both ends move it whole: place_of_whole(),
// post_whole(). Nothing here waits: what cannot go on is false, null or 0.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include "transports/doorbell.hpp"
#include "transports/elsewhere.hpp"
#include "transports/lending.hpp"
#include "transports/wire.hpp"

namespace treering {

/// Short messages stay within the first part of a ring, whose lines and pages stay warm.
inline constexpr std::uint64_t kept_warm = 32 << 10;

class SendEnd {
 public:
  Wire wire;
  Bell bell;                       ///< the receiver's; no doorbell where a transport carries the data
  Lender* lender = nullptr;        ///< null: nothing can be lent on this wire
  Borrower* borrower = nullptr;    ///< null: nothing can be written to where the receiver wants it
  Elsewhere* elsewhere = nullptr;  ///< for a lender that lends by `in_ring`: what its transport takes from elsewhere
  bool stages = false;  ///< what is lent stays readable to the receiver when this rank is gone: a copy may be lent, too
  bool rewinds = false;  ///< the receiver reads this very ring, so that a message may start anywhere in it

  /// Is there a line for the next message? A connected wire has one unless the receiver is 64 messages behind.
  bool has_line() {
    if (lines_put_ - lines_got_ < lines_per_wire) return wire.control != nullptr;
    lines_got_ = wire.control->consumed.lines.load(std::memory_order_acquire);
    return lines_put_ - lines_got_ < lines_per_wire;
  }

  /// Where all of a message of at most longest_whole() bytes is written before post_whole(). Null: there is no room
  /// yet.
  std::byte* place_of_whole(std::uint64_t bytes) {
    if (!has_line()) return nullptr;
    if (bytes <= line_data_bytes) return next().data;
    if (rewinds) rewind();
    const std::uint64_t to_end = wire.ring_bytes - (ring_put_ & (wire.ring_bytes - 1));
    const std::uint64_t skipped = to_end < bytes ? to_end : 0;
    is_starved_ = free(skipped + bytes) < skipped + bytes;
    if (is_starved_) return nullptr;
    ring_put_ += skipped;
    return wire.ring + (ring_put_ & (wire.ring_bytes - 1));
  }
  void post_whole(std::uint64_t bytes, std::uint32_t digest) {
    if (bytes > line_data_bytes) {
      const Announcement announcement{bytes, ring_put_ + bytes, Announcement::in_ring, ring_put_};
      std::memcpy(next().data, &announcement, sizeof announcement);
      wire.control->published.ring.store(announcement.ready, std::memory_order_release);
      ring_put_ = align_up(announcement.ready);
    }
    post(digest);
  }

  /// Longer messages. Only after has_line(). One of: where all of it lies, if it is lent; where all of it is written,
  /// if it lands; else it goes through the ring.
  void begin(std::uint64_t bytes, const std::optional<Loan>& loan, std::byte* landing = nullptr) {
    bytes_ = bytes;
    announced_ = false;
    loan_ = loan.value_or(Loan{});
    landing_ = landing;
    way_ = landing ? Way::landed : !loan ? Way::ring : loan->region == Announcement::in_ring ? Way::left : Way::lent;
    // A message that has begun to skip the ring's end flows by the ring: the receiver will skip it too.
    if (has_skipped_ && !takes_room()) way_ = Way::ring;
    if (!takes_room() || has_skipped_) return;
    if (rewinds && bytes <= short_message) rewind();
    start_ = ring_put_;
  }
  /// The same for a message whose data is copied to memory that several receivers read, by one of their ends: `to` is
  /// where, for that one; null for the others. The operation need not wait until such a loan is given back.
  void begin_staged(std::uint64_t bytes, const Loan& loan, std::byte* to) {
    begin(bytes, loan);
    is_staged_ = true;
    staging_ = to;
  }
  /// Is the data left where it lies? Then nothing is written to room_at().
  bool lends() const { return (way_ == Way::left || way_ == Way::lent) && !staging_; }
  /// Is it written to where the receiver wants it?
  bool lands() const { return way_ == Way::landed; }

  /// Where the receiver wants the next message, if it has said so and this process can write there. Before begin().
  std::byte* landing(std::uint64_t bytes) {
    if (!borrower) return nullptr;
    const OfferedPlace& offer = wire.control->offers[lines_put_ & (offers_per_wire - 1)];
    if (offer.turn.load(std::memory_order_acquire) != lines_put_ + 1 || offer.bytes != bytes) return nullptr;
    return borrower->find({offer.region, offer.offset}, bytes);
  }

  /// Contiguous room in the ring for whole elements of `element` bytes, at most `most` bytes; where it is: room_at().
  /// `most` is at least one element, and an element at most half the ring: what is skipped at the ring's end may fill
  /// the other half. Both ends name the same element size.
  std::uint64_t room(std::uint64_t most, std::uint64_t element) {
    if (!takes_room()) return most;
    const std::uint64_t to_end = wire.ring_bytes - (ring_put_ & (wire.ring_bytes - 1));
    if (to_end < element) {  // an element never wraps; the receiver skips the same bytes
      is_starved_ = free(to_end) < to_end;
      if (is_starved_) return 0;
      ring_put_ += to_end;
      has_skipped_ = true;
      return room(most, element);
    }
    const std::uint64_t granted = whole(most, std::min(to_end, free(std::min(most, to_end))), element);
    is_starved_ = granted == 0;
    return granted;
  }
  /// Did the last room() grant nothing? A transport that gives the receiver's consumption back in batches asks for it
  /// then.
  bool is_starved() const { return is_starved_; }
  std::byte* room_at() const {
    return lands() ? landing_ : staging_ ? staging_ : wire.ring + (ring_put_ & (wire.ring_bytes - 1));
  }

  /// Publishes `bytes` more of the message: written to room_at(), or ready in the lent memory.
  void commit(std::uint64_t bytes, std::uint32_t digest) {
    if (way_ == Way::left) {
      elsewhere->add(ring_put_, bytes, reinterpret_cast<const std::byte*>(loan_.offset));
      loan_.offset += bytes;
    }
    if (lands()) landing_ += bytes;
    if (staging_) staging_ += bytes;
    std::uint64_t& put = way_ == Way::lent ? lent_put_ : lands() ? landed_put_ : ring_put_;
    put += bytes;
    if (way_ == Way::lent && !is_staged_) owed_ = lent_put_;
    if (!announced_) {
      const std::uint64_t region = way_ == Way::lent ? loan_.region
                                   : lands()         ? Announcement::landed
                                                     : Announcement::in_ring;
      const Announcement announcement{bytes_, put, region, way_ == Way::lent ? loan_.offset : start_};
      std::memcpy(next().data, &announcement, sizeof announcement);
    }
    // The counter in any case: a transport that carries the data reads it, and so does whoever looks from outside.
    Published& published = wire.control->published;
    auto& counter = way_ == Way::lent ? published.lent : lands() ? published.landed : published.ring;
    counter.store(put, std::memory_order_release);
    if (!announced_) post(digest);
    announced_ = true;
  }
  /// After the last commit of a message: the next one starts on a line of its own.
  void end() {
    if (takes_room()) ring_put_ = align_up(ring_put_);
    way_ = Way::ring;
    is_staged_ = false;
    staging_ = nullptr;
    has_skipped_ = false;
  }

  /// Around every look at memory of the other end, where a message lands: enter(), a sequentially consistent fence,
  /// then only if it is not locked out(); leave() in either case. The owner's half is withdraw().
  void enter() { wire.control->published.visits.store(1, std::memory_order_relaxed); }
  bool is_locked_out() const { return wire.control->consumed.withdrawn.load(std::memory_order_relaxed) != 0; }
  void leave() { wire.control->published.visits.store(0, std::memory_order_release); }

  /// For good: what was lent on this wire is not read any more, once a sequentially consistent fence has followed and
  /// nobody is visited().
  void withdraw() {
    if (wire.control) wire.control->published.withdrawn.store(1, std::memory_order_relaxed);
  }
  bool is_visited() const { return wire.control && wire.control->consumed.visits.load(std::memory_order_acquire) != 0; }

  /// How many bytes were lent so far, staged or not.
  std::uint64_t lent() const { return lent_put_; }
  /// The same up to the last one that is not staged: what an operation waits for.
  std::uint64_t owed() const { return owed_; }
  /// Has the receiver given back as many? What is lent later does not count.
  bool has_returned(std::uint64_t lent) const {
    return lent == 0 ||
           static_cast<std::int64_t>(wire.control->consumed.lent.load(std::memory_order_acquire) - lent) >= 0;
  }
  bool all_returned() const { return has_returned(lent_put_); }

 private:
  /// How the message goes: through the ring; by the ring's positions, but left where it lies; lent; landed.
  enum class Way : std::uint8_t { ring, left, lent, landed };
  bool takes_room() const { return way_ <= Way::left; }

  void post(std::uint32_t digest) {
    next().turn.store(turn(digest), std::memory_order_release);
    ++lines_put_;
  }

  Line& next() { return wire.control->lines[lines_put_ & (lines_per_wire - 1)]; }
  std::uint64_t turn(std::uint32_t digest) const { return std::uint64_t{digest} << 32 | turn_of(lines_put_); }

  /// Back to the ring's beginning once all is consumed: short messages that went on through it would find every line
  /// and page of it cold. Longer ones take no harm, and would ask for what is consumed too often.
  void rewind() {
    const std::uint64_t at = ring_put_ & (wire.ring_bytes - 1);
    if (at < kept_warm) return;
    if (wire.control->consumed.ring.load(std::memory_order_acquire) != ring_put_) return;
    ring_put_ += wire.ring_bytes - at;
    ring_got_ = ring_put_;
  }

  /// Bytes free in the ring; the receiver's counter is read again only if fewer than `want` are known to be.
  std::uint64_t free(std::uint64_t want) {
    const std::uint64_t known = wire.ring_bytes - used();
    if (known >= want) return known;
    // After a rewind the receiver's counter is behind what is known to be free until it takes up the next message.
    const std::uint64_t got = wire.control->consumed.ring.load(std::memory_order_acquire);
    if (static_cast<std::int64_t>(got - ring_got_) > 0) ring_got_ = got;
    return wire.ring_bytes - used();
  }
  /// At most the whole ring: end() may have aligned past what is free, and a peer may have written anything.
  std::uint64_t used() const { return std::min(wire.ring_bytes, ring_put_ - ring_got_); }

  std::uint64_t lines_put_ = 0;
  std::uint64_t lines_got_ = 0;  // as last seen
  std::uint64_t ring_put_ = 0;
  std::uint64_t ring_got_ = 0;  // as last seen
  std::uint64_t start_ = 0;     // of the message, in the ring
  std::uint64_t lent_put_ = 0;
  std::uint64_t owed_ = 0;
  std::uint64_t landed_put_ = 0;
  std::uint64_t bytes_ = 0;
  Way way_ = Way::ring;
  Loan loan_{};
  std::byte* landing_ = nullptr;  // of the rest of the message
  std::byte* staging_ = nullptr;  // the same
  bool is_staged_ = false;
  bool announced_ = false;
  bool has_skipped_ = false;
  bool is_starved_ = false;
};

}  // namespace treering
