// The two ends of a wire: reserve and commit on the sender's, peek and consume on the receiver's. Inline, since they
// are the inner loop of the executor. An end belongs to one thread; the other end's counters are cached here and read
// again only when the cached value does not suffice.
//
// A message: begin(), then data in one or more parts, then end(). Nothing here waits: what cannot go on says false or
// 0.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>

#include "transports/doorbell.hpp"
#include "transports/elsewhere.hpp"
#include "transports/wire.hpp"

namespace treering {

/// Memory of one end that the other can reach, by number and offset. Where the number is Announcement::in_ring it is a
/// loan to the sender's own transport alone, `offset` is the address, and the receiver sees a message in the ring.
struct Loan {
  std::uint64_t region;
  std::uint64_t offset;
};

/// The owner's side: can this peer reach these bytes where they lie? Asked once for every longer message.
class Lender {
 public:
  virtual std::optional<Loan> lend(const std::byte* first, std::uint64_t bytes) = 0;

 protected:
  ~Lender() = default;
};

/// The other side: where they are here. Null: not a region that the peer has handed over (yet), or not inside it.
class Borrower {
 public:
  virtual std::byte* find(const Loan& loan, std::uint64_t bytes) = 0;

 protected:
  ~Borrower() = default;
};

/// A wire that is not connected yet: nothing ever arrives on it.
inline WireControl unconnected{};

/// The low half of a turn: which message. A line that was never written has 0, which is no turn of its first message.
constexpr std::uint32_t turn_of(std::uint64_t message) {
  return static_cast<std::uint32_t>(message) + 1;
}
/// Messages up to this size stay within the first part of a ring, whose lines and pages stay warm.
inline constexpr std::uint64_t short_message = 4 << 10;
inline constexpr std::uint64_t kept_warm = 32 << 10;

constexpr std::uint64_t align_up(std::uint64_t n) {
  return (n + cache_line_bytes - 1) / cache_line_bytes * cache_line_bytes;
}

class SendEnd {
 public:
  Wire wire;
  Bell bell;                       ///< the receiver's; no doorbell where a transport carries the data
  Lender* lender = nullptr;        ///< null: nothing can be lent on this wire
  Borrower* borrower = nullptr;    ///< null: nothing can be written to where the receiver wants it
  Elsewhere* elsewhere = nullptr;  ///< for a lender that lends by `in_ring`: what its transport takes from elsewhere
  bool rewinds = false;            ///< the receiver reads this very ring, so that a message may start anywhere in it

  /// Is there a line for the next message? A connected wire has one unless the receiver is 64 messages behind.
  bool has_line() {
    if (lines_put_ - lines_got_ < lines_per_wire) return wire.control != nullptr;
    lines_got_ = wire.control->consumed.lines.load(std::memory_order_acquire);
    return lines_put_ - lines_got_ < lines_per_wire;
  }

  /// The next line's 56 bytes: where a small message is written before post(). Only after has_line().
  std::byte* line() { return next().data; }
  void post(std::uint32_t digest) {
    next().turn.store(turn(digest), std::memory_order_release);
    ++lines_put_;
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
  /// Is the data left where it lies? Then nothing is written to room_at().
  bool lends() const { return way_ == Way::left || way_ == Way::lent; }
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
    const std::uint64_t want = std::min(most, to_end);
    const std::uint64_t granted = std::min(want, free(want)) / element * element;
    is_starved_ = granted == 0;
    return granted;
  }
  /// Did the last room() grant nothing? A transport that gives the receiver's consumption back in batches asks for it
  /// then.
  bool is_starved() const { return is_starved_; }
  std::byte* room_at() const { return lands() ? landing_ : wire.ring + (ring_put_ & (wire.ring_bytes - 1)); }

  /// Publishes `bytes` more of the message: written to room_at(), or ready in the lent memory.
  void commit(std::uint64_t bytes, std::uint32_t digest) {
    if (way_ == Way::left) {
      elsewhere->add(ring_put_, bytes, reinterpret_cast<const std::byte*>(loan_.offset));
      loan_.offset += bytes;
    }
    if (lands()) landing_ += bytes;
    std::uint64_t& put = way_ == Way::lent ? lent_put_ : lands() ? landed_put_ : ring_put_;
    put += bytes;
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

  /// How many bytes were lent so far, and has the receiver given back as many? What is lent later does not count.
  std::uint64_t lent() const { return lent_put_; }
  bool has_returned(std::uint64_t lent) const {
    return lent == 0 ||
           static_cast<std::int64_t>(wire.control->consumed.lent.load(std::memory_order_acquire) - lent) >= 0;
  }
  bool all_returned() const { return has_returned(lent_put_); }

 private:
  /// How the message goes: through the ring; by the ring's positions, but left where it lies; lent; landed.
  enum class Way : std::uint8_t { ring, left, lent, landed };
  bool takes_room() const { return way_ <= Way::left; }

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
  std::uint64_t landed_put_ = 0;
  std::uint64_t bytes_ = 0;
  Way way_ = Way::ring;
  Loan loan_{};
  std::byte* landing_ = nullptr;  // of the rest of the message
  bool announced_ = false;
  bool has_skipped_ = false;
  bool is_starved_ = false;
};

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

  /// A small message's data; release() gives the line back. True: the sender has been told, and may wait for that.
  const std::byte* line() const { return next().data; }
  bool release() {
    ++lines_got_;
    // The sender has 64 lines: telling it every 16 keeps this line in its cache and in ours.
    if (lines_got_ % (lines_per_wire / 4) != 0) return false;
    wire.control->consumed.lines.store(lines_got_, std::memory_order_release);
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
    if (lent_) return std::min(most, here(published.lent, lent_got_, most)) / element * element;
    if (lands_) return std::min(most, here(published.landed, landed_got_, most)) / element * element;
    const std::uint64_t to_end = wire.ring_bytes - (ring_got_ & (wire.ring_bytes - 1));
    if (to_end < element) {
      ring_got_ += to_end;
      return available(most, element);
    }
    const std::uint64_t want = std::min(most, to_end);
    // What a peer wrote bounds nothing: never more than the ring holds.
    return std::min({want, here(published.ring, ring_got_, want), wire.ring_bytes}) / element * element;
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
