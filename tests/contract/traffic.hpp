// Messages for tests of wires: senders and receivers that never wait, and the loop that drives them and sleeps.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "transports/own_bell.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/transport.hpp"

namespace treering::test {

/// What both ends know of a message. `bytes` is a multiple of `element` where it does not fit a line.
struct Message {
  std::uint64_t bytes;
  std::uint64_t element = 1;
  std::uint64_t seed = 1;  ///< the data differ at every position, and from seed to seed
  std::uint32_t digest = 77;
};

std::byte data_at(std::uint64_t seed, std::uint64_t position);
void fill(std::span<std::byte> place, std::uint64_t seed, std::uint64_t position);
bool matches(std::span<const std::byte> place, std::uint64_t seed, std::uint64_t position);

/// Messages of the sizes given, each with an element that divides it, and a seed of its own.
std::vector<Message> messages(std::span<const std::uint64_t> sizes, std::uint64_t element, std::uint64_t first_seed);

/// Something that moves in steps. True: something has moved.
class Mover {
 public:
  virtual ~Mover() = default;
  virtual bool step() = 0;
  virtual bool is_done() const = 0;
};

/// Sends messages one after the other, the longer ones in parts of odd sizes, at most `most_part` each.
class Outbox final : public Mover {
 public:
  Outbox(SendEnd& end, std::vector<Message> sent, std::uint64_t most_part = 1 << 16)
      : end_(end), messages_(std::move(sent)), most_part_(most_part) {}

  /// Longer messages are lent from here where the transport agrees; all of them must fit, one after the other.
  void lend_from(std::span<std::byte> memory) { lent_from_ = memory; }
  std::size_t lent() const { return lent_; }

  bool step() override;
  bool move_one();  ///< a message, or a part of one
  bool is_done() const override { return next_ == messages_.size() && end_.all_returned(); }
  std::size_t sent() const { return next_; }
  std::uint64_t sent_bytes_of_next() const { return begun_ ? done_bytes_ : 0; }

 private:
  bool send_whole(const Message& message);
  bool send_part(const Message& message);
  bool begin(const Message& message);

  SendEnd& end_;
  std::vector<Message> messages_;
  std::uint64_t most_part_;
  std::span<std::byte> lent_from_;
  std::size_t next_ = 0;
  std::size_t lent_ = 0;
  bool begun_ = false;
  std::uint64_t done_bytes_ = 0;
  std::uint64_t part_ = 0;
};

/// Receives messages and compares them.
class Inbox final : public Mover {
 public:
  Inbox(RecvEnd& end, std::vector<Message> expected, std::uint64_t most_part = 1 << 16)
      : end_(end), messages_(std::move(expected)), most_part_(most_part) {}

  bool step() override;
  bool move_one();  ///< a message, or a part of one
  bool is_done() const override { return next_ == messages_.size() || mismatch_; }
  bool saw_mismatch() const { return mismatch_; }
  std::size_t received() const { return next_; }
  bool is_right() const { return right_ && !mismatch_; }

 private:
  bool begin(const Message& message);
  bool take_whole(const Message& message);
  bool take_part(const Message& message);

  RecvEnd& end_;
  std::vector<Message> messages_;
  std::uint64_t most_part_;
  std::size_t next_ = 0;
  bool begun_ = false;
  bool right_ = true;
  bool mismatch_ = false;
  std::uint64_t done_bytes_ = 0;
  std::uint64_t part_ = 0;
};

/// Drives a transport and movers until `finished`, sleeping on the bell while nothing moves. False: the transport has
/// failed, or nothing happened for a minute (which is then a failure of the test).
bool drive(Transport& transport, const OwnBell& bell, const std::vector<Mover*>& movers,
           const std::function<bool()>& finished);
/// Until all movers are done and all has left.
bool drive(Transport& transport, const OwnBell& bell, const std::vector<Mover*>& movers);

}  // namespace treering::test
