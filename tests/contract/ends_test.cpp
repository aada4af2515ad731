// The two ends of a wire over plain memory, without any transport.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "contract/traffic.hpp"
#include "transports/lending.hpp"
#include "transports/mapping.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"

namespace treering::test {
namespace {

constexpr std::uint64_t smallest_ring = 4096;

/// Lends by address, as threads do.
struct Addresses final : Lender, Borrower {
  std::optional<Loan> lend(const std::byte* first, std::uint64_t) override {
    return Loan{1, reinterpret_cast<std::uintptr_t>(first)};
  }
  std::byte* find(const Loan& loan, std::uint64_t) override {
    return is_known ? reinterpret_cast<std::byte*>(loan.offset) : nullptr;
  }
  bool is_known = true;
};

struct LocalWire {
  explicit LocalWire(std::uint64_t ring_bytes = smallest_ring) : memory(*map_private(wire_bytes(ring_bytes))) {
    send.wire = receive.wire = wire_in(memory, ring_bytes);
    send.lender = &addresses;
    receive.borrower = &addresses;
  }
  Mapping memory;
  Addresses addresses;
  SendEnd send;
  RecvEnd receive;
};

/// Small ones, ones just above a line, ones around the ring's size, and more than 64 lines.
std::vector<Message> all_kinds(std::uint64_t element) {
  std::vector<std::uint64_t> sizes{0,   1,   55,  56,   57,   58,   63,  64,    65, 120,  255,
                                   256, 257, 300, 4095, 4096, 4097, 100, 10000, 3,  8192, 72};
  for (std::uint64_t k = 0; k < 70; ++k) sizes.push_back(k % 60);
  sizes.insert(sizes.end(), {4072, 4080, 24, 4090, 61, 4032, 4033});
  return messages(sizes, element, element * 1000);
}

/// Moves either end as the bits of `pattern` say, again and again.
void alternate(std::uint32_t pattern, Outbox& outbox, Inbox& inbox) {
  int idle = 0;
  for (std::uint32_t turn = 0; !(outbox.is_done() && inbox.is_done()); ++turn) {
    const bool moved = pattern >> turn % 8 & 1 ? outbox.move_one() : inbox.move_one();
    idle = moved ? 0 : idle + 1;
    ASSERT_LT(idle, 20) << "deadlock: pattern " << pattern;
  }
}

class Elements : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Ends, Elements, ::testing::Values(1, 2, 4, 8, 24, 40, 136, 2000, 2048),
                         [](const auto& name) { return std::to_string(name.param) + "_bytes"; });

TEST_P(Elements, arrive_whole_and_in_order_however_the_ends_alternate) {
  // Neither end forever idle: both kinds of bits occur.
  for (std::uint32_t pattern = 1; pattern<255; pattern += GetParam()> 8 ? 2 : 7) {
    LocalWire wire;
    const auto sent = all_kinds(GetParam());
    const std::uint64_t most_part = pattern % 3 == 0 ? 1 << 16 : 1500;
    Outbox outbox(wire.send, sent, most_part);
    Inbox inbox(wire.receive, sent, most_part);
    ASSERT_NO_FATAL_FAILURE(alternate(pattern, outbox, inbox));
    ASSERT_TRUE(inbox.is_right()) << "pattern " << pattern;
  }
}

TEST_P(Elements, arrive_between_threads) {
  LocalWire wire;
  std::vector<Message> sent;
  for (int times = 0; times < 10; ++times) {
    const auto more = all_kinds(GetParam());
    sent.insert(sent.end(), more.begin(), more.end());
  }
  Outbox outbox(wire.send, sent);
  Inbox inbox(wire.receive, sent);
  std::thread sender([&] {
    while (!outbox.is_done())
      if (!outbox.step()) std::this_thread::yield();
  });
  while (!inbox.is_done())
    if (!inbox.step()) std::this_thread::yield();
  sender.join();
  EXPECT_TRUE(inbox.is_right());
}

TEST_P(Elements, are_lent_and_returned_in_parts) {
  for (const std::uint32_t pattern : {1u, 2u, 85u, 170u, 240u, 254u, 127u}) {
    LocalWire wire;
    const auto sent = all_kinds(GetParam());
    std::uint64_t bytes = 0;
    for (const Message& message : sent) bytes += message.bytes;
    std::vector<std::byte> lent(bytes);
    Outbox outbox(wire.send, sent);
    outbox.lend_from(lent);
    Inbox inbox(wire.receive, sent);
    ASSERT_NO_FATAL_FAILURE(alternate(pattern, outbox, inbox));
    ASSERT_TRUE(inbox.is_right()) << "pattern " << pattern;
    EXPECT_EQ(outbox.lent(),
              std::count_if(sent.begin(), sent.end(), [](auto& m) { return m.bytes > longest_whole(smallest_ring); }));
    EXPECT_FALSE(wire.receive.borrows());
  }
}

TEST(Ends, aligning_past_a_full_ring_frees_nothing) {
  LocalWire wire;
  wire.send.begin(smallest_ring + 8, {});
  wire.send.commit(wire.send.room(smallest_ring, 8), 5);
  ASSERT_EQ(wire.receive.arrived(5), Arrival::message);
  ASSERT_EQ(wire.receive.begin(smallest_ring + 8), Arrival::message);
  ASSERT_EQ(wire.receive.available(8, 8), 8);
  wire.receive.consume(8);  // in the midst of a message, no multiple of a line is free
  ASSERT_EQ(wire.send.room(8, 8), 8);
  wire.send.commit(8, 5);
  wire.send.end();
  EXPECT_EQ(wire.send.room(64, 8), 0);
}

TEST(Ends, short_messages_go_back_to_the_beginning_once_all_is_consumed) {
  constexpr std::uint64_t ring = 8 * kept_warm;
  for (const std::size_t behind : {0, 1, 30}) {  // messages that the receiver has not consumed when the next is sent
    LocalWire wire(ring);
    wire.send.rewinds = true;
    const std::vector<std::uint64_t> sizes(3000, 1000);
    const auto sent = messages(sizes, 8, 1);
    Outbox outbox(wire.send, sent);
    Inbox inbox(wire.receive, sent);
    std::uint64_t farthest = 0;
    while (!inbox.is_done()) {
      const bool sends = !outbox.is_done() && outbox.sent() <= inbox.received() + behind;
      if (!sends || !outbox.move_one()) {
        ASSERT_TRUE(inbox.move_one());
      }
      farthest = std::max<std::uint64_t>(farthest, wire.send.room_at() - wire.send.wire.ring);
    }
    EXPECT_TRUE(inbox.is_right()) << behind;
    EXPECT_EQ(farthest <= kept_warm + 1024, behind == 0) << farthest;
  }
}

TEST(Ends, a_message_lands_where_it_is_wanted) {
  LocalWire wire;
  wire.send.borrower = &wire.addresses;
  wire.receive.lender = &wire.addresses;
  std::byte place[1000]{};
  EXPECT_EQ(wire.send.landing(1000), nullptr) << "nothing is offered";
  wire.receive.offer(wire.receive.next_message(), place, 1000);
  wire.receive.offer(wire.receive.next_message() + offers_per_wire, place, 1000);  // too far ahead: not taken
  EXPECT_EQ(wire.send.landing(999), nullptr) << "another size";
  std::byte* const landing = wire.send.landing(1000);
  ASSERT_EQ(landing, place);

  wire.send.begin(1000, {}, landing);
  for (const std::uint64_t part : {600u, 400u}) {
    ASSERT_EQ(wire.send.room(part, 8), part);
    fill({wire.send.room_at(), part}, 8, part);
    wire.send.commit(part, 5);
  }
  wire.send.end();
  ASSERT_EQ(wire.receive.arrived(5), Arrival::message);
  ASSERT_EQ(wire.receive.begin(1000), Arrival::message);
  EXPECT_TRUE(wire.receive.lands());
  EXPECT_EQ(wire.receive.available(4000, 8), 1000);
  wire.receive.consume(1000);
  wire.receive.end();
  EXPECT_TRUE(matches({place, 600}, 8, 600));
  EXPECT_TRUE(matches({place + 600, 400}, 8, 400));
  EXPECT_EQ(wire.send.landing(1000), nullptr) << "an offer is for one message";
}

TEST(Ends, a_full_set_of_lines_waits_for_the_receiver) {
  LocalWire wire;
  Outbox outbox(wire.send, std::vector<Message>(100, Message{8}));
  while (outbox.move_one()) {
  }
  EXPECT_EQ(outbox.sent(), lines_per_wire);
  Inbox inbox(wire.receive, std::vector<Message>(100, Message{8}));
  for (std::uint64_t k = 0; k < lines_per_wire / 4; ++k) EXPECT_TRUE(inbox.move_one());
  EXPECT_TRUE(outbox.move_one());
}

TEST(Ends, another_operation_or_size_is_a_mismatch) {
  LocalWire wire;
  Outbox outbox(wire.send, {{8, 1, 1, 5}, {1000, 1, 1, 5}});
  outbox.step();
  EXPECT_EQ(wire.receive.arrived(6), Arrival::mismatch);
  ASSERT_EQ(wire.receive.arrived(5), Arrival::message);
  wire.receive.release_whole(8);
  ASSERT_EQ(wire.receive.arrived(5), Arrival::message);
  EXPECT_EQ(wire.receive.begin(1001), Arrival::mismatch);
  EXPECT_EQ(wire.receive.begin(1000), Arrival::message);
}

TEST(Ends, unknown_lent_memory_is_asked_for_again) {
  LocalWire wire;
  std::vector<std::byte> lent(1000);
  Outbox outbox(wire.send, {{1000}});
  outbox.lend_from(lent);
  outbox.step();
  Inbox inbox(wire.receive, {{1000}});
  wire.addresses.is_known = false;
  EXPECT_FALSE(inbox.step());
  EXPECT_FALSE(outbox.is_done());
  wire.addresses.is_known = true;
  EXPECT_TRUE(inbox.step());
  EXPECT_TRUE(inbox.is_right());
  EXPECT_TRUE(outbox.is_done());
}

TEST(Ends, counters_that_a_peer_forges_lead_nowhere_outside_the_ring) {
  LocalWire wire;
  wire.send.begin(9000, {});
  wire.send.commit(wire.send.room(4096, 1), 5);
  wire.send.wire.control->published.ring.store(~std::uint64_t{0} >> 1);
  wire.send.wire.control->consumed.ring.store(~std::uint64_t{0});
  ASSERT_EQ(wire.receive.begin(9000), Arrival::message);
  for (std::uint64_t left = 9000; left > 0;) {
    const std::uint64_t bytes = wire.receive.available(left, 1);
    ASSERT_GT(bytes, 0);
    ASSERT_LE(wire.receive.data_at() + bytes, wire.receive.wire.ring + smallest_ring);
    wire.receive.consume(bytes);
    left -= bytes;
  }
  wire.send.wire.control->consumed.ring.store(~std::uint64_t{0});
  EXPECT_LE(wire.send.room(4096, 1), smallest_ring);
}

TEST(Ends, nothing_happens_on_a_wire_that_is_not_connected) {
  SendEnd send;
  RecvEnd receive;
  EXPECT_FALSE(send.has_line());
  EXPECT_TRUE(send.all_returned());
  EXPECT_EQ(receive.arrived(1), Arrival::nothing);
}

}  // namespace
}  // namespace treering::test
