// What every transport keeps to. Ranks are threads or processes, as the transport has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "contract/traffic.hpp"
#include "contract/world.hpp"
#include "transports/memory.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/wire.hpp"

namespace treering::test {
namespace {

constexpr std::uint64_t small_ring = 4096;

class Contract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (const std::string why = GetParam().why_not ? GetParam().why_not() : ""; !why.empty()) GTEST_SKIP() << why;
  }
};
INSTANTIATE_TEST_SUITE_P(Transports, Contract, ::testing::ValuesIn(kinds()),
                         [](const auto& name) { return name.param.name; });

std::vector<Message> sizes_to_200(std::uint64_t element, std::uint64_t seed) {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t bytes = 0; bytes <= 200; ++bytes) sizes.push_back(bytes);
  sizes.insert(sizes.end(), {4095, 4096, 4097, 20000, 1, 8192});
  return messages(sizes, element, seed);
}

SendEnd& open_send(Seat& seat, Rank peer, LaneIndex lane) {
  auto end = seat.transport->open_send(peer, lane);
  if (end) return **end;
  ADD_FAILURE() << end.error().message;
  static SendEnd none;
  return none;
}
RecvEnd& open_recv(Seat& seat, Rank peer, LaneIndex lane) {
  auto end = seat.transport->open_recv(peer, lane);
  if (end) return **end;
  ADD_FAILURE() << end.error().message;
  static RecvEnd none;
  return none;
}

void send(Seat& seat, Rank peer, LaneIndex lane, std::vector<Message> messages) {
  Outbox outbox(open_send(seat, peer, lane), std::move(messages));
  ASSERT_TRUE(drive(*seat.transport, seat.bell, {&outbox}));
}
void receive(Seat& seat, Rank peer, LaneIndex lane, std::vector<Message> messages) {
  Inbox inbox(open_recv(seat, peer, lane), std::move(messages));
  ASSERT_TRUE(drive(*seat.transport, seat.bell, {&inbox}));
  EXPECT_TRUE(inbox.is_right());
}

/// Sends to and receives from all others, on several lanes at once.
void exchange(Seat& seat, LaneIndex lanes, std::uint64_t element) {
  std::vector<std::unique_ptr<Inbox>> inboxes;
  std::vector<std::unique_ptr<Mover>> outboxes;
  std::vector<Mover*> movers;
  const auto seed = [](Rank from, Rank to, LaneIndex lane) {
    return static_cast<std::uint64_t>(from * 64 + to) << 32 | static_cast<std::uint64_t>(lane) << 16;
  };
  for (LaneIndex lane = 0; lane < lanes; ++lane)
    for (Rank peer = 0; peer < seat.ranks; ++peer) {
      if (peer == seat.rank) continue;
      outboxes.push_back(
          std::make_unique<Outbox>(open_send(seat, peer, lane), sizes_to_200(element, seed(seat.rank, peer, lane))));
      inboxes.push_back(
          std::make_unique<Inbox>(open_recv(seat, peer, lane), sizes_to_200(element, seed(peer, seat.rank, lane))));
      movers.insert(movers.end(), {outboxes.back().get(), inboxes.back().get()});
    }
  ASSERT_TRUE(drive(*seat.transport, seat.bell, movers));
  for (const auto& inbox : inboxes) EXPECT_TRUE(inbox->is_right());
}

TEST_P(Contract, keeps_order_at_every_size_and_element) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    for (const std::uint64_t element : {1, 2, 4, 8, 24})
      seat.rank == 0 ? send(seat, 1, 0, sizes_to_200(element, element << 32))
                     : receive(seat, 0, 0, sizes_to_200(element, element << 32));
  });
}

TEST_P(Contract, moves_large_messages) {
  run(GetParam(), 2, 1 << 18, [](Seat& seat) {
    const std::vector<Message> large{{8 << 20, 8, 3}, {(1 << 20) + 8, 8, 4}, {24 * 43691, 24, 5}};
    seat.rank == 0 ? send(seat, 1, 7, large) : receive(seat, 0, 7, large);
  });
}

TEST_P(Contract, carries_many_lanes_both_ways_at_once) {
  run(GetParam(), 2, small_ring, [](Seat& seat) { exchange(seat, 40, 8); });
}

TEST_P(Contract, carries_all_pairs_at_once) {
  run(GetParam(), 5, small_ring, [](Seat& seat) { exchange(seat, 2, 4); });
}

TEST_P(Contract, gives_the_same_end_each_time) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    EXPECT_EQ(&open_send(seat, 1 - seat.rank, 3), &open_send(seat, 1 - seat.rank, 3));
    EXPECT_EQ(&open_recv(seat, 1 - seat.rank, 3), &open_recv(seat, 1 - seat.rank, 3));
    EXPECT_NE(&open_recv(seat, 1 - seat.rank, 3), &open_recv(seat, 1 - seat.rank, 4));
  });
}

TEST_P(Contract, refuses_ranks_that_are_not_there) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    for (const Rank wrong : {-1, 2}) {
      EXPECT_FALSE(seat.transport->open_send(wrong, 0));
      EXPECT_FALSE(seat.transport->open_recv(wrong, 0));
    }
    EXPECT_EQ(seat.transport->failure(), nullptr);
  });
}

TEST_P(Contract, keeps_what_is_sent_before_the_receiver_opens) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    const std::vector<Message> early{{8, 1, 1}, {1000, 1, 2}, {56, 1, 3}};
    const std::vector<Message> after_it{{8, 1, 4}};
    if (seat.rank == 0) {
      send(seat, 1, 0, early);
      send(seat, 1, 1, after_it);
    } else {
      receive(seat, 0, 1, after_it);
      receive(seat, 0, 0, early);
    }
  });
}

TEST_P(Contract, sends_to_a_peer_that_does_nothing) {
  if (!GetParam().sends_alone) GTEST_SKIP() << "the first message to a peer leaves when the peer drives its transport";
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    const std::vector<Message> early{{8, 1, 1}, {1000, 1, 2}, {56, 1, 3}};
    if (seat.rank == 0) send(seat, 1, 0, early);
    seat.meet();
    if (seat.rank == 1) receive(seat, 0, 0, early);
  });
}

TEST_P(Contract, waits_at_an_end_that_the_sender_opens_later) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    if (seat.rank == 1) {
      EXPECT_EQ(open_recv(seat, 0, 0).arrived(77), Arrival::nothing);
      seat.transport->progress();
    }
    seat.meet();
    seat.rank == 0 ? send(seat, 1, 0, {{20, 1, 4}}) : receive(seat, 0, 0, {{20, 1, 4}});
  });
}

TEST_P(Contract, stops_a_sender_of_small_messages_whose_receiver_is_behind) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    const std::vector<Message> many(300, Message{8, 1, 9});
    if (seat.rank == 0) {
      Outbox outbox(open_send(seat, 1, 0), many);
      EXPECT_TRUE(drive(*seat.transport, seat.bell, {&outbox}, [&] { return outbox.sent() == lines_per_wire; }));
      for (int times = 0; times < 10; ++times) seat.transport->progress();
      EXPECT_FALSE(outbox.step());
      seat.meet();
      EXPECT_TRUE(drive(*seat.transport, seat.bell, {&outbox}));
    } else {
      seat.meet();
      receive(seat, 0, 0, many);
    }
  });
}

TEST_P(Contract, stops_a_sender_of_long_messages_whose_receiver_is_behind) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    const std::vector<Message> longer{{3 * small_ring, 1, 9}};
    if (seat.rank == 0) {
      Outbox outbox(open_send(seat, 1, 0), longer);
      EXPECT_TRUE(
          drive(*seat.transport, seat.bell, {&outbox}, [&] { return outbox.sent_bytes_of_next() == small_ring; }));
      for (int times = 0; times < 10; ++times) seat.transport->progress();
      EXPECT_FALSE(outbox.step());
      seat.meet();
      EXPECT_TRUE(drive(*seat.transport, seat.bell, {&outbox}));
    } else {
      seat.meet();
      receive(seat, 0, 0, longer);
    }
  });
}

TEST_P(Contract, wakes_whoever_sleeps) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    const Rank peer = 1 - seat.rank;
    for (std::uint64_t round = 0; round < 200; ++round) {
      const std::vector<Message> ball{{round % 2 ? 40u : 400u, 1, round + 1}};
      if (round % 2 == static_cast<std::uint64_t>(seat.rank))
        send(seat, peer, 0, ball);
      else
        receive(seat, peer, 0, ball);
    }
  });
}

/// Memory that the transport can lend from: 100 messages of 1,000 bytes.
constexpr std::size_t loans = 100;
constexpr std::size_t loan_bytes = 1000;
void lend_all(Seat& seat, std::span<std::byte> memory, std::uint64_t seed) {
  std::vector<Message> sent;
  for (std::uint64_t k = 0; k < loans; ++k) sent.push_back({loan_bytes, 8, seed + k});
  if (seat.rank == 0) {
    Outbox outbox(open_send(seat, 1, 0), sent);
    outbox.lend_from(memory);
    ASSERT_TRUE(drive(*seat.transport, seat.bell, {&outbox}));
    EXPECT_EQ(outbox.lent(), loans);
  } else {
    receive(seat, 0, 0, sent);
  }
}

TEST_P(Contract, lends_allocated_memory) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    for (std::uint64_t times = 1; times <= 3; ++times) {  // the regions of before are retired meanwhile
      auto memory = memory::allocate(loans * loan_bytes + 64);
      ASSERT_TRUE(memory) << memory.error().message;
      // Not at its start: offsets count.
      lend_all(seat, {static_cast<std::byte*>(*memory) + 64, loans * loan_bytes}, times << 32);
      EXPECT_TRUE(memory::release(*memory));
    }
  });
}

TEST_P(Contract, lends_any_memory_between_threads_and_to_itself) {
  if (GetParam().lends == Kind::Lending::allocated) GTEST_SKIP() << "this transport lends allocated memory at most";
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    std::vector<std::byte> memory(loans * loan_bytes);
    lend_all(seat, memory, 1);
  });
}

/// What has been lent and what goes through the ring take turns, elements skip the ring's end, and as soon as all is
/// over the memory is the user's again.
TEST_P(Contract, lends_by_turns_and_returns_at_the_end) {
  if (GetParam().lends == Kind::Lending::allocated) GTEST_SKIP() << "this transport lends allocated memory at most";
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    for (const std::uint64_t element : {1, 4, 24, 136, 2000}) {
      for (std::uint64_t times = 0; times < 20; ++times) {
        const auto sent =
            messages(std::vector<std::uint64_t>{100, 3000, 5, 4096, 20000, 57, 9000, 64}, element, times << 32);
        if (seat.rank == 1) {
          receive(seat, 0, 0, sent);
          continue;
        }
        // As long as there is memory: the last messages go through the ring.
        std::vector<std::byte> memory(times % 2 ? 40000 : 4000);
        Outbox outbox(open_send(seat, 1, 0), sent);
        outbox.lend_from(memory);
        ASSERT_TRUE(drive(*seat.transport, seat.bell, {&outbox}));
        EXPECT_GT(outbox.lent(), 0);
        std::ranges::fill(memory, std::byte{0xee});
      }
    }
  });
}

TEST_P(Contract, sends_memory_that_cannot_be_lent_through_the_ring) {
  if (GetParam().lends != Kind::Lending::allocated) GTEST_SKIP() << "this transport lends any memory";
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    std::vector<std::byte> memory(10000);
    if (seat.rank == 0) {
      Outbox outbox(open_send(seat, 1, 0), {{10000}});
      outbox.lend_from(memory);
      ASSERT_TRUE(drive(*seat.transport, seat.bell, {&outbox}));
      EXPECT_EQ(outbox.lent(), 0);
    } else {
      receive(seat, 0, 0, {{10000}});
    }
  });
}

TEST_P(Contract, reports_another_operation_or_size_as_a_mismatch) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    if (seat.rank == 0) {
      send(seat, 1, 0, {{8, 1, 1, 5}});
      send(seat, 1, 1, {{800, 1, 1, 5}});
      send(seat, 1, 2, {{800, 1, 1, 5}});
    } else {
      const Message wrong[] = {{8, 1, 1, 6}, {800, 1, 1, 6}, {801, 1, 1, 5}};
      for (LaneIndex lane = 0; lane < 3; ++lane) {
        Inbox inbox(open_recv(seat, 0, lane), {wrong[lane]});
        EXPECT_TRUE(drive(*seat.transport, seat.bell, {&inbox}));
        EXPECT_TRUE(inbox.saw_mismatch());
      }
    }
  });
}

TEST_P(Contract, takes_a_goodbye_for_no_failure) {
  run(GetParam(), 3, small_ring, [](Seat& seat) {
    exchange(seat, 1, 1);
    seat.meet();
    if (seat.rank == 2) seat.part();
    seat.meet();
    if (seat.rank == 2) return;
    // New wires: news that comes after the end of rank 2's connections.
    for (LaneIndex lane = 1; lane <= 20; ++lane)
      (lane % 2 == 0) == (seat.rank == 0) ? send(seat, 1 - seat.rank, lane, {{30, 1, lane}})
                                          : receive(seat, 1 - seat.rank, lane, {{30, 1, lane}});
    EXPECT_EQ(seat.transport->failure(), nullptr);
  });
}

void expect_loss_of_rank_1(Seat& seat) {
  EXPECT_FALSE(drive(*seat.transport, seat.bell, {}, [] { return false; }));
  ASSERT_NE(seat.transport->failure(), nullptr);
  EXPECT_EQ(seat.transport->failure()->code, Code::remote_error);
  EXPECT_THAT(seat.transport->failure()->message, ::testing::HasSubstr("rank 1"));
  EXPECT_FALSE(seat.transport->open_send(1, 5)) << "failures stick";
}

TEST_P(Contract, names_a_peer_that_dies) {
  run(GetParam(), 3, small_ring, [](Seat& seat) {
    exchange(seat, 1, 1);
    seat.meet();
    if (seat.rank == 1) return seat.die();
    expect_loss_of_rank_1(seat);
  });
}

TEST_P(Contract, names_a_peer_that_dies_and_was_only_received_from) {
  run(GetParam(), 2, small_ring, [](Seat& seat) {
    seat.rank == 1 ? send(seat, 0, 0, {{8, 1, 1}}) : receive(seat, 1, 0, {{8, 1, 1}});
    seat.meet();
    if (seat.rank == 1) return seat.die();
    expect_loss_of_rank_1(seat);
  });
}

}  // namespace
}  // namespace treering::test
