#include "contract/traffic.hpp"
#include "transports/lending.hpp"
#include "transports/wire.hpp"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace treering::test {
namespace {

constexpr int most_idle_seconds = 60;

void ring_if_any(const Bell& bell) {
  if (bell.doorbell) ring(bell);
}

/// Sleeps as the library does. False: nobody has rung for a minute.
bool sleep(Transport& transport, const OwnBell& bell, std::uint32_t seen) {
  auto& doorbell = *bell.bell().doorbell;
  long result = 0;
  if (transport.wait_descriptor() < 0) {
    const timespec limit{most_idle_seconds, 0};
    result = syscall(SYS_futex, &doorbell.rings, FUTEX_WAIT, seen, &limit, nullptr, 0);
    if (result < 0 && errno != ETIMEDOUT) result = 1;  // rung before it slept, or a signal
  } else {
    pollfd waited[] = {{bell.bell().event, POLLIN, 0}, {transport.wait_descriptor(), POLLIN, 0}};
    result = ::poll(waited, 2, most_idle_seconds * 1000) > 0 ? 1 : -1;
    bell.drain_event();
  }
  doorbell.sleeping.store(Doorbell::awake, std::memory_order_relaxed);
  return result >= 0;
}

/// As the engine decides it, at either end.
bool moves_whole(const Message& message, const Wire& wire) {
  return message.bytes <= longest_whole(wire.ring_bytes);
}

}  // namespace

std::byte data_at(std::uint64_t seed, std::uint64_t position) {
  std::uint64_t x = seed * 0x9e3779b97f4a7c15u + position;  // every position counts, and so does its upper part
  x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
  return static_cast<std::byte>(x >> 40);
}

void fill(std::span<std::byte> place, std::uint64_t seed, std::uint64_t position) {
  for (std::size_t k = 0; k < place.size(); ++k) place[k] = data_at(seed, position + k);
}

bool matches(std::span<const std::byte> place, std::uint64_t seed, std::uint64_t position) {
  for (std::size_t k = 0; k < place.size(); ++k)
    if (place[k] != data_at(seed, position + k)) return false;
  return true;
}

std::vector<Message> messages(std::span<const std::uint64_t> sizes, std::uint64_t element, std::uint64_t first_seed) {
  std::vector<Message> made;
  for (const std::uint64_t bytes : sizes) {
    const bool fits_line = bytes <= line_data_bytes;
    made.push_back({fits_line ? bytes : (bytes + element - 1) / element * element, element, first_seed++});
  }
  return made;
}

bool Outbox::step() {
  bool moved = false;
  while (move_one()) moved = true;
  return moved;
}

bool Outbox::move_one() {
  if (next_ == messages_.size()) return false;
  const Message& message = messages_[next_];
  if (!(moves_whole(message, end_.wire) ? send_whole(message) : send_part(message))) return false;
  ring_if_any(end_.bell);
  return true;
}

bool Outbox::send_whole(const Message& message) {
  std::byte* const place = end_.place_of_whole(message.bytes);
  if (!place) return false;
  fill({place, message.bytes}, message.seed, 0);
  end_.post_whole(message.bytes, message.digest);
  ++next_;
  return true;
}

bool Outbox::begin(const Message& message) {
  if (begun_) return true;
  if (!end_.has_line()) return false;
  std::optional<Loan> loan;
  if (end_.lender && message.bytes <= lent_from_.size()) loan = end_.lender->lend(lent_from_.data(), message.bytes);
  end_.begin(message.bytes, loan);
  lent_ += loan.has_value();
  done_bytes_ = 0;
  return begun_ = true;
}

bool Outbox::send_part(const Message& message) {
  if (!begin(message)) return false;
  const std::uint64_t left = message.bytes - done_bytes_;
  part_ = (part_ * 7 + 13) % 61 + 1;  // 1 .. 61 elements, again and again, then as much as goes
  const std::uint64_t wanted = std::min({left, part_ % 5 == 0 ? most_part_ : part_ * message.element, most_part_});
  const std::uint64_t most = std::max(wanted / message.element * message.element, message.element);
  const std::uint64_t bytes = end_.room(most, message.element);
  if (bytes == 0) return false;
  std::byte* const place = end_.lends() ? lent_from_.data() + done_bytes_ : end_.room_at();
  fill({place, bytes}, message.seed, done_bytes_);
  end_.commit(bytes, message.digest);
  done_bytes_ += bytes;
  if (done_bytes_ < message.bytes) return true;
  if (end_.lends()) lent_from_ = lent_from_.subspan(message.bytes);
  end_.end();
  begun_ = false;
  ++next_;
  return true;
}

bool Inbox::step() {
  bool moved = false;
  while (move_one()) moved = true;
  return moved;
}

bool Inbox::move_one() {
  if (is_done()) return false;
  const Message& message = messages_[next_];
  if (!begun_ && !begin(message)) return mismatch_;
  if (!(moves_whole(message, end_.wire) ? take_whole(message) : take_part(message))) return false;
  ring_if_any(end_.bell);
  return true;
}

bool Inbox::begin(const Message& message) {
  Arrival arrival = end_.arrived(message.digest);
  const bool is_long = !moves_whole(message, end_.wire);
  if (arrival == Arrival::message && is_long) arrival = end_.begin(message.bytes);
  mismatch_ = arrival == Arrival::mismatch;
  begun_ = is_long && arrival == Arrival::message;
  done_bytes_ = 0;
  return arrival == Arrival::message;
}

bool Inbox::take_whole(const Message& message) {
  const std::byte* const place = end_.place_of_whole(message.bytes);
  mismatch_ = !place;
  if (mismatch_) return true;
  right_ &= matches({place, message.bytes}, message.seed, 0);
  end_.release_whole(message.bytes);
  ++next_;
  return true;
}

bool Inbox::take_part(const Message& message) {
  const std::uint64_t left = message.bytes - done_bytes_;
  part_ = (part_ * 5 + 3) % 53 + 1;
  const std::uint64_t wanted = std::min({left, part_ % 4 == 0 ? most_part_ : part_ * message.element, most_part_});
  const std::uint64_t most = std::max(wanted / message.element * message.element, message.element);
  const std::uint64_t bytes = end_.available(most, message.element);
  if (bytes == 0) return false;
  right_ &= bytes % message.element == 0 && bytes <= most;
  right_ &= matches({end_.data_at(), bytes}, message.seed, done_bytes_);
  end_.consume(bytes);
  done_bytes_ += bytes;
  if (done_bytes_ < message.bytes) return true;
  end_.end();
  begun_ = false;
  ++next_;
  return true;
}

bool drive(Transport& transport, const OwnBell& bell, const std::vector<Mover*>& movers,
           const std::function<bool()>& finished) {
  auto& doorbell = *bell.bell().doorbell;
  const auto move = [&] {
    bool moved = false;
    for (Mover* const mover : movers) moved |= mover->step();
    return transport.progress() || moved;
  };
  for (;;) {
    const bool moved = move();
    if (finished()) return true;
    if (transport.failure()) return false;
    if (moved) continue;
    const std::uint32_t seen = doorbell.rings.load(std::memory_order_acquire);
    doorbell.sleeping.store(transport.wait_descriptor() < 0 ? Doorbell::on_futex : Doorbell::on_descriptor,
                            std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (move() || finished() || transport.failure()) {
      doorbell.sleeping.store(Doorbell::awake, std::memory_order_relaxed);
      continue;
    }
    if (!sleep(transport, bell, seen)) {
      ADD_FAILURE() << "nobody rang for " << most_idle_seconds << " s: a message or a ring was lost";
      return false;
    }
  }
}

bool drive(Transport& transport, const OwnBell& bell, const std::vector<Mover*>& movers) {
  return drive(transport, bell, movers, [&] {
    return transport.drained() && std::all_of(movers.begin(), movers.end(), [](Mover* m) { return m->is_done(); });
  });
}

}  // namespace treering::test
