// The two ends of a wire: reserve and commit on the sender's, peek and consume on the receiver's. Inline, since they
// are the inner loop of the executor. An end belongs to one thread; the other end's counters are cached here and read
// again only when the cached value does not suffice.
//
// A message: begin(), then data in one or more parts, then end(). Nothing here waits: what cannot go on says false or
// 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>

#include "transports/doorbell.hpp"
#include "transports/wire.hpp"

namespace treering {

/// Memory of the sender that the receiver can read, by number and offset. Where the number is Announcement::in_ring it
/// is a loan to this rank's own transport alone, `offset` is the address, and the receiver sees a message in the ring.
struct Loan {
  std::uint64_t region;
  std::uint64_t offset;
};

/// Bytes of the ring that the sender has not put there: its transport, which carries them, takes them from where they
/// lie. For the receiver they are in the ring like any others.
class Elsewhere {
 public:
  /// The ring's next bytes, at position `first` since the wire was opened, lie at `at`.
  void add(std::uint64_t first, std::uint64_t bytes, const std::byte* at) {
    if (put_ != got_) {
      Part& last = parts_[(put_ - 1) % most_parts];
      if (last.end == first && last.at + (last.end - last.first) == at) {
        last.end += bytes;
        return;
      }
    }
    parts_[put_++ % most_parts] = {first, first + bytes, at};
  }

  /// Where the bytes at this position lie, or null: in the ring. As many as lie there, at most `bytes`, are left of it.
  const std::byte* find(std::uint64_t position, std::uint64_t& bytes) const {
    if (put_ == got_) return nullptr;
    const Part& next = parts_[got_ % most_parts];
    bytes = std::min(bytes, (position < next.first ? next.first : next.end) - position);
    return position < next.first ? nullptr : next.at + (position - next.first);
  }
  /// What lies before this position has been taken.
  void taken(std::uint64_t position) {
    while (put_ != got_ && parts_[got_ % most_parts].end <= position) ++got_;
  }

 private:
  struct Part {
    std::uint64_t first, end;
    const std::byte* at;
  };
  // One a message, of which a line each is under way, and one more each time that an element skips the ring's end: at
  // most one ring of bytes is under way.
  static constexpr std::size_t most_parts = 2 * lines_per_wire;
  Part parts_[most_parts];
  std::size_t put_ = 0;
  std::size_t got_ = 0;
};

/// Sender's side of lending: can this peer read these bytes where they lie? Asked once for every longer message.
class Lender {
 public:
  virtual std::optional<Loan> lend(const std::byte* first, std::uint64_t bytes) = 0;

 protected:
  ~Lender() = default;
};

/// Receiver's side of lending. Null: not a region that the peer has handed over (yet), or not inside it.
class Borrower {
 public:
  virtual const std::byte* find(const Loan& loan, std::uint64_t bytes) = 0;

 protected:
  ~Borrower() = default;
};

/// A wire that is not connected yet: nothing ever arrives on it.
inline WireControl unconnected{};

/// The low half of a turn: which message. A line that was never written has 0, which is no turn of its first message.
constexpr std::uint32_t turn_of(std::uint64_t message) {
  return static_cast<std::uint32_t>(message) + 1;
}
constexpr std::uint64_t align_up(std::uint64_t n) {
  return (n + cache_line_bytes - 1) / cache_line_bytes * cache_line_bytes;
}

class SendEnd {
 public:
  Wire wire;
  Bell bell;                 ///< the receiver's; no doorbell where a transport carries the data
  Lender* lender = nullptr;  ///< null: nothing can be lent on this wire
  /// For a lender that lends by `in_ring`: the bytes that its transport has to take from elsewhere. Else null.
  Elsewhere* elsewhere = nullptr;

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

  /// Longer messages. Only after has_line(). `loan`: where all of it lies, if it is lent.
  void begin(std::uint64_t bytes, std::optional<Loan> loan) {
    bytes_ = bytes;
    // A message that has begun to skip the ring's end goes through the ring: the receiver will skip it too.
    const bool flows_by_ring = !loan || loan->region == Announcement::in_ring;
    loan_ = has_skipped_ && !flows_by_ring ? std::nullopt : loan;
    flows_by_ring_ = flows_by_ring || !loan_;
    announced_ = false;
  }
  /// Is the data left where it lies? Then nothing is written to room_at().
  bool lends() const { return loan_.has_value(); }
  /// Does the message take room in the ring, whether or not it is written there?
  bool takes_room() const { return flows_by_ring_; }

  /// Contiguous room in the ring for whole elements of `element` bytes, at most `most` bytes; where it is: room_at().
  /// `most` is at least one element, and an element at most half the ring: what is skipped at the ring's end may fill
  /// the other half. Both ends name the same element size.
  std::uint64_t room(std::uint64_t most, std::uint64_t element) {
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
  std::byte* room_at() const { return wire.ring + (ring_put_ & (wire.ring_bytes - 1)); }

  /// Publishes `bytes` more of the message: written to room_at(), or ready in the lent memory.
  void commit(std::uint64_t bytes, std::uint32_t digest) {
    if (loan_ && flows_by_ring_) {
      elsewhere->add(ring_put_, bytes, reinterpret_cast<const std::byte*>(loan_->offset));
      loan_->offset += bytes;
    }
    std::uint64_t& put = flows_by_ring_ ? ring_put_ : lent_put_;
    auto& counter = flows_by_ring_ ? wire.control->published.ring : wire.control->published.lent;
    put += bytes;
    if (!announced_) {
      const Announcement announcement{bytes_, put, flows_by_ring_ ? Announcement::in_ring : loan_->region,
                                      flows_by_ring_ ? 0 : loan_->offset};
      std::memcpy(next().data, &announcement, sizeof announcement);
    }
    // The counter in any case: a transport that carries the data reads it, and so does whoever looks from outside.
    counter.store(put, std::memory_order_release);
    if (!announced_) post(digest);
    announced_ = true;
  }
  /// After the last commit of a message: the next one starts on a line of its own.
  void end() {
    if (flows_by_ring_) ring_put_ = align_up(ring_put_);
    has_skipped_ = false;
  }

  /// How many bytes were lent so far, and has the receiver given back as many? What is lent later does not count.
  std::uint64_t lent() const { return lent_put_; }
  bool has_returned(std::uint64_t lent) const {
    return lent == 0 ||
           static_cast<std::int64_t>(wire.control->consumed.lent.load(std::memory_order_acquire) - lent) >= 0;
  }
  bool all_returned() const { return has_returned(lent_put_); }

 private:
  Line& next() { return wire.control->lines[lines_put_ & (lines_per_wire - 1)]; }
  std::uint64_t turn(std::uint32_t digest) const { return std::uint64_t{digest} << 32 | turn_of(lines_put_); }

  /// Bytes free in the ring; the receiver's counter is read again only if fewer than `want` are known to be.
  std::uint64_t free(std::uint64_t want) {
    const std::uint64_t known = wire.ring_bytes - used();
    if (known >= want) return known;
    ring_got_ = wire.control->consumed.ring.load(std::memory_order_acquire);
    return wire.ring_bytes - used();
  }
  /// At most the whole ring: end() may have aligned past what is free, and a peer may have written anything.
  std::uint64_t used() const { return std::min(wire.ring_bytes, ring_put_ - ring_got_); }

  std::uint64_t lines_put_ = 0;
  std::uint64_t lines_got_ = 0;  // as last seen
  std::uint64_t ring_put_ = 0;
  std::uint64_t ring_got_ = 0;  // as last seen
  std::uint64_t lent_put_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<Loan> loan_;
  bool flows_by_ring_ = true;
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

  /// A small message's data; release() gives the line back.
  const std::byte* line() const { return next().data; }
  void release() {
    ++lines_got_;
    // The sender has 64 lines: telling it every 16 keeps this line in its cache and in ours.
    if (lines_got_ % (lines_per_wire / 4) == 0)
      wire.control->consumed.lines.store(lines_got_, std::memory_order_release);
  }

  /// Takes up a longer message that has arrived. Nothing: lent memory is not known here yet, ask again.
  Arrival begin(std::uint64_t bytes) {
    Announcement announcement;
    std::memcpy(&announcement, next().data, sizeof announcement);
    if (announcement.bytes != bytes) return Arrival::mismatch;
    lent_ = nullptr;
    if (announcement.region != Announcement::in_ring) {
      lent_ = borrower ? borrower->find({announcement.region, announcement.offset}, bytes) : nullptr;
      if (!lent_) return Arrival::nothing;
    }
    ready_ = announcement.ready;
    return Arrival::message;
  }

  /// Contiguous bytes of the message that are here, whole elements, at most `most`; where they are: data_at(). As
  /// room().
  std::uint64_t available(std::uint64_t most, std::uint64_t element) {
    if (lent_) return std::min(most, here(wire.control->published.lent, lent_got_, most)) / element * element;
    const std::uint64_t to_end = wire.ring_bytes - (ring_got_ & (wire.ring_bytes - 1));
    if (to_end < element) {
      ring_got_ += to_end;
      return available(most, element);
    }
    const std::uint64_t want = std::min(most, to_end);
    // What a peer wrote bounds nothing: never more than the ring holds.
    return std::min({want, here(wire.control->published.ring, ring_got_, want), wire.ring_bytes}) / element * element;
  }
  const std::byte* data_at() const { return lent_ ? lent_ : wire.ring + (ring_got_ & (wire.ring_bytes - 1)); }

  /// Gives `bytes` back to the sender.
  void consume(std::uint64_t bytes) {
    if (lent_) {
      lent_ += bytes;
      lent_got_ += bytes;
      wire.control->consumed.lent.store(lent_got_, std::memory_order_release);
    } else {
      ring_got_ += bytes;
      wire.control->consumed.ring.store(ring_got_, std::memory_order_release);
    }
  }
  /// After the last consume of a message.
  void end() {
    if (!lent_) {
      ring_got_ = align_up(ring_got_);
      wire.control->consumed.ring.store(ring_got_, std::memory_order_release);
    }
    lent_ = nullptr;
    release();
  }
  /// Between begin() and end() of a lent message: the sender's memory must stay where data_at() says.
  bool borrows() const { return lent_ != nullptr; }

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
  std::uint64_t ready_ = 0;  // of the counter that the message flows by, as last seen
  const std::byte* lent_ = nullptr;
};

}  // namespace treering
