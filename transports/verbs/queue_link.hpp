// A connection to one peer by a queue pair: frames in packets that the peer has buffers for, ring bytes straight into
// its memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "transports/framed/polled_transport.hpp"
#include "transports/mapping.hpp"
#include "transports/transport.hpp"
#include "transports/verbs/card.hpp"
#include "transports/verbs/queue_pair.hpp"
#include "transports/verbs/registrations.hpp"
#include "transports/verbs/send_queue.hpp"

namespace treering::verbs {

/// A packet is four bytes, which say how many packets its sender has taken from the peer, and frames. Whoever sends
/// knows so how many buffers the peer has left. The last one is kept for saying how many packets were taken: or two
/// ranks that have both run out could never say it.
class QueueLink final : public framed::PolledLink {
 public:
  struct Terms {
    Rank peer;
    framed::LinkSink& sink;  ///< this and all others outlive the link
    const Registrations& registrations;
    const Settings& settings;
    std::uint32_t number;  ///< in the ids of its completions
    bool speaks_first;     ///< has this rank connected?
  };
  static Result<std::unique_ptr<QueueLink>> make(const Terms& terms, Descriptor socket, std::shared_ptr<Device> device);

  int descriptor() const override { return socket_.get(); }
  bool receive() override;
  bool is_up() const { return state_ == State::up; }
  bool is_coming_up() const override {
    return (state_ == State::waits_for_card || state_ == State::waits_for_ready) && !at_end_ && !failure();
  }
  bool is_at_end() const override { return at_end_; }
  void settle_end() override;

  bool writes_in_place() const override { return true; }
  bool has_room() const override;
  void add(const framed::Frame& frame, std::span<const std::byte> payload = {}) override;
  void add_ring(const framed::RingPart& part) override;
  bool flush() override;
  bool is_full() const override { return used_ > packet_header_bytes; }
  bool is_done_with_memory() const override { return !is_full() && sends_.is_through_users_memory(); }
  void withdraw() override;
  void close() override;
  bool has_left() const override;
  bool has_withdrawn() const override { return !withdrawn_ || sends_.is_through_users_memory(); }

  /// A completion with this link's number. Those of receives have an id with this bit.
  static constexpr std::uint64_t of_receive = std::uint64_t{1} << 63;
  void complete(const ibv_wc& completion);

  /// How many completions can be waiting: of a queue pair that breaks, every request completes.
  static constexpr std::uint32_t most_completions() { return SendQueue::most_requests + packets; }

 private:
  enum class State : std::uint8_t { waits_for_card, waits_for_ready, up, broken };

  static constexpr std::uint32_t packets = 64;  // buffers in each direction
  static constexpr std::size_t packet_bytes = 512;
  static constexpr std::size_t packet_header_bytes = 4;

  QueueLink(const Terms& terms, Descriptor socket, std::shared_ptr<Device> device)
      : PolledLink(terms.peer), terms_(terms), socket_(std::move(socket)), device_(std::move(device)) {}
  Result<void> set_up();
  Result<void> take_card(const Card& card);
  void say(const Card& card);
  void post_receive(std::uint32_t slot);
  void take_packet(std::uint32_t slot, std::size_t bytes);
  Result<void> take_frames(const std::byte* first, const std::byte* end);
  Result<const std::byte*> take_frame(const std::byte* first, const std::byte* end);
  void fail_by(const ibv_wc& completion);
  std::string why_broken(const ibv_wc& completion) const;

  std::uint32_t unanswered() const { return sent_ - taken_by_peer_; }
  bool owes_answer() const { return taken_ - told_ >= packets / 2; }
  bool can_send_packet() const { return unanswered() < packets - 1 || (unanswered() < packets && owes_answer()); }
  bool fits_packet() const { return used_ + framed::header_bytes + framed::most_small_payload_bytes <= packet_bytes; }
  void send_packet();
  bool post();
  std::byte* outgoing() { return buffers_.first() + (packets + sent_ % packets) * packet_bytes; }
  std::byte* incoming(std::uint32_t slot) { return buffers_.first() + slot * packet_bytes; }

  Terms terms_;
  Descriptor socket_;
  std::shared_ptr<Device> device_;
  Mapping buffers_;  // for packets that come, then for those that go
  Registration registered_;
  std::unique_ptr<QueuePair> pair_;  // before the buffers that it reads and writes
  SendQueue sends_{nullptr, 0, 0};
  State state_ = State::waits_for_card;
  std::array<std::byte, card_bytes> card_{};  // as far as it has come
  std::size_t card_got_ = 0;
  std::size_t used_ = packet_header_bytes;  // of the packet that is being filled
  std::uint32_t sent_ = 0;                  // packets
  std::uint32_t taken_by_peer_ = 0;         // of these
  std::uint32_t taken_ = 0;                 // packets of the peer
  std::uint32_t told_ = 0;                  // of these the peer knows
  bool at_end_ = false;
  bool withdrawn_ = false;
  bool is_closing_ = false;
  bool owes_goodbye_ = false;
};

}  // namespace treering::verbs
