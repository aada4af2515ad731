// Two ranks over sockets that the contract suite has not got: IPv6, and buffers so small that every write is a partial
// one.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "contract/traffic.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/tcp/tcp.hpp"
#include "transports/wire.hpp"
#include "unit/tcp_sockets.hpp"

namespace treering::test {
namespace {

constexpr std::uint64_t small_ring = 4096;

/// Two ranks in one thread.
struct TwoRanks {
  explicit TwoRanks(const SocketKind& kind, std::uint64_t ring_bytes = small_ring)
      : connector{PairConnector(kind, 0), PairConnector(kind, 1, &connector[0])},
        bell{*OwnBell::create(), *OwnBell::create()},
        tcp{Tcp({connector[0], 0, 2, bell[0].bell(), ring_bytes}),
            Tcp({connector[1], 1, 2, bell[1].bell(), ring_bytes})} {}

  SendEnd& send(Rank from, LaneIndex lane) { return **tcp[from].open_send(1 - from, lane); }
  RecvEnd& receive(Rank at, LaneIndex lane) { return **tcp[at].open_recv(1 - at, lane); }

  bool progress() {
    const bool moved = tcp[0].progress();
    return tcp[1].progress() || moved;
  }
  bool is_drained() const { return tcp[0].drained() && tcp[1].drained(); }

  /// Until nothing moves any more, neither here nor in the system.
  void settle() {
    const auto readable = [this] {
      pollfd waited[] = {{tcp[0].wait_descriptor(), POLLIN, 0}, {tcp[1].wait_descriptor(), POLLIN, 0}};
      return ::poll(waited, 2, 20) > 0;
    };
    while (progress() || readable()) {
    }
  }

  /// Until all movers are done. Sleeps as a rank does, on the descriptors alone.
  void drive(const std::vector<Mover*>& movers) {
    const auto done = [&] {
      return is_drained() && std::all_of(movers.begin(), movers.end(), [](Mover* m) { return m->is_done(); });
    };
    while (!done()) {
      bool moved = false;
      for (Mover* const mover : movers) moved |= mover->step();
      moved |= progress();
      for (const Tcp& one : tcp) ASSERT_EQ(one.failure(), nullptr) << one.failure()->message;
      if (moved) continue;
      pollfd waited[] = {{tcp[0].wait_descriptor(), POLLIN, 0}, {tcp[1].wait_descriptor(), POLLIN, 0}};
      ASSERT_GT(::poll(waited, 2, 60000), 0) << "both ranks wait for each other";
    }
  }

  PairConnector connector[2];
  OwnBell bell[2];
  Tcp tcp[2];
};

class TcpSockets : public ::testing::TestWithParam<SocketKind> {
 protected:
  void SetUp() override {
    if (!connected(GetParam())) GTEST_SKIP() << "no sockets of this kind: " << std::strerror(errno);
  }
};
INSTANTIATE_TEST_SUITE_P(All, TcpSockets,
                         ::testing::Values(SocketKind{"ipv4", AF_INET, 0}, SocketKind{"ipv6", AF_INET6, 0},
                                           SocketKind{"ipv4_tiny_buffers", AF_INET, 1},
                                           SocketKind{"ipv6_tiny_buffers", AF_INET6, 1}),
                         [](const auto& name) { return name.param.name; });

int open_sockets() {
  int count = 0;
  for (int fd = 0; fd < 1000; ++fd) {
    int type = 0;
    socklen_t length = sizeof type;
    count += ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
  }
  return count;
}

std::vector<Message> all_sizes(std::uint64_t element, std::uint64_t seed) {
  const std::uint64_t sizes[] = {0, 1, 55, 56, 57, 63, 64, 65, 200, 4095, 4096, 4097, 20000, 3, 8192, 100000, 8};
  return messages(sizes, element, seed);
}

TEST_P(TcpSockets, carry_all_sizes_both_ways_on_two_lanes) {
  TwoRanks two(GetParam());
  std::vector<std::unique_ptr<Outbox>> outboxes;
  std::vector<std::unique_ptr<Inbox>> inboxes;
  std::vector<Mover*> movers;
  for (const Rank from : {0, 1})
    for (const LaneIndex lane : {LaneIndex{0}, LaneIndex{65535}}) {
      const auto sent = all_sizes(8, static_cast<std::uint64_t>(from) << 32 | std::uint64_t{lane} << 8);
      outboxes.push_back(std::make_unique<Outbox>(two.send(from, lane), sent));
      inboxes.push_back(std::make_unique<Inbox>(two.receive(1 - from, lane), sent));
      movers.insert(movers.end(), {outboxes.back().get(), inboxes.back().get()});
    }
  two.drive(movers);
  for (const auto& inbox : inboxes) EXPECT_TRUE(inbox->is_right());
}

TEST_P(TcpSockets, carry_a_lane_past_another_that_nobody_consumes) {
  TwoRanks two(GetParam(), 1 << 16);
  const std::vector<Message> stuck{{1 << 20, 8, 1}};
  const std::vector<Message> many(300, Message{1000, 8, 2});
  Outbox stuck_outbox(two.send(0, 0), stuck);
  Outbox outbox(two.send(0, 1), many);
  Inbox inbox(two.receive(1, 1), many);
  stuck_outbox.step();
  two.settle();
  two.drive({&outbox, &inbox});
  EXPECT_TRUE(inbox.is_right());
  EXPECT_FALSE(stuck_outbox.is_done());
  Inbox stuck_inbox(two.receive(1, 0), stuck);
  two.drive({&stuck_outbox, &stuck_inbox});
  EXPECT_TRUE(stuck_inbox.is_right());
}

TEST_P(TcpSockets, carry_elements_of_half_the_window) {
  for (const std::uint64_t element : {1000u, 1365u, 2000u, 2048u}) {
    TwoRanks two(GetParam());
    std::vector<Message> sent{{61, 1, 1}, {70, 1, 2}};
    for (std::uint64_t k = 3; k < 20; ++k)
      sent.push_back({k % 4 == 0 ? 100 : k * element, k % 4 == 0 ? 1 : element, k});
    Outbox outbox(two.send(0, 0), sent);
    Inbox inbox(two.receive(1, 0), sent);
    two.drive({&outbox, &inbox});
    EXPECT_TRUE(inbox.is_right()) << element;
  }
}

/// The sender skips the end of the ring, where the element does not fit, and then needs what the receiver has consumed
/// of a small message and has not told.
TEST_P(TcpSockets, give_credit_to_a_starved_sender) {
  for (const std::uint64_t small : {400u, 600u, 800u, 900u}) {
    TwoRanks two(GetParam());
    for (const Message& message : {Message{1500, 1, 1}, Message{small, 1, 2}, Message{6 * 2048, 2048, 3}}) {
      Outbox outbox(two.send(0, 0), {message});
      Inbox inbox(two.receive(1, 0), {message});
      two.drive({&outbox, &inbox});
      EXPECT_TRUE(inbox.is_right()) << small;
    }
  }
}

TEST_P(TcpSockets, give_little_credit_where_the_window_is_full) {
  TwoRanks two(GetParam(), 1 << 16);
  SendEnd& send = two.send(0, 0);
  RecvEnd& receive = two.receive(1, 0);
  send.begin(1 << 20, {});
  while (const auto room = send.room(1 << 20, 1)) send.commit(room, 7);
  two.settle();
  ASSERT_EQ(receive.arrived(7), Arrival::message);
  ASSERT_EQ(receive.begin(1 << 20), Arrival::message);
  ASSERT_EQ(receive.available(100, 1), 100u);
  receive.consume(100);
  EXPECT_FALSE(two.tcp[1].drained());
  two.settle();
  EXPECT_TRUE(two.tcp[1].drained());
  EXPECT_EQ(send.room(1 << 20, 1), 100u);
}

TEST_P(TcpSockets, say_nothing_about_small_messages_until_they_add_up) {
  TwoRanks two(GetParam(), 1 << 16);
  Outbox outbox(two.send(0, 0), {{100, 1, 1}});
  Inbox inbox(two.receive(1, 0), {{100, 1, 1}});
  two.drive({&outbox, &inbox});
  two.settle();
  EXPECT_EQ(two.send(0, 0).wire.control->consumed.ring, 0u);
}

TEST_P(TcpSockets, tell_what_has_been_consumed_along_with_data) {
  TwoRanks two(GetParam(), 1 << 16);
  const std::vector<Message> sent = {{6000, 1, 1}}, answer = {{8, 1, 2}};  // less than a quarter of the window
  Outbox outbox(two.send(0, 0), sent);
  Inbox inbox(two.receive(1, 0), sent);
  two.drive({&outbox, &inbox});
  two.settle();
  ASSERT_EQ(two.send(0, 0).wire.control->consumed.ring, 0u);
  Outbox answers(two.send(1, 0), answer);
  Inbox hears(two.receive(0, 0), answer);
  two.drive({&answers, &hears});
  EXPECT_GE(two.send(0, 0).wire.control->consumed.ring, 6000u) << "before the answer, on the same connection";
}

TEST_P(TcpSockets, carry_what_the_sender_says_it_is_at) {
  TwoRanks two(GetParam());
  const auto say = [&](std::uint32_t digest, std::string_view text) {
    OperationRecord& record = two.send(0, 3).wire.control->record;
    for (std::size_t k = 0; k < text.size(); ++k) record.text[k] = text[k];
    record.text[text.size()] = '\0';
    record.digest = digest;
    Outbox outbox(two.send(0, 3), {{8, 1, digest, digest}});
    Inbox inbox(two.receive(1, 3), {{8, 1, digest, digest}});
    two.drive({&outbox, &inbox});
  };
  const auto heard = [&] {
    std::string text;
    for (const auto& letter : two.receive(1, 3).wire.control->record.text)
      if (letter != '\0')
        text += letter;
      else
        break;
    return std::pair<std::uint32_t, std::string>(two.receive(1, 3).wire.control->record.digest, text);
  };
  say(7, std::string(123, 'x'));
  EXPECT_EQ(heard(), std::pair(7u, std::string(123, 'x')));
  say(9, "all-reduce of 5");
  EXPECT_EQ(heard(), std::pair(9u, std::string("all-reduce of 5")));
  say(10, "");
  EXPECT_EQ(heard(), std::pair(10u, std::string()));
}

TEST_P(TcpSockets, are_drained_only_when_all_has_left) {
  TwoRanks two(GetParam(), 1 << 20);
  const std::vector<Message> large{{1 << 20, 8, 1}};
  EXPECT_TRUE(two.tcp[0].drained());
  Outbox outbox(two.send(0, 0), large);
  outbox.step();
  EXPECT_FALSE(two.tcp[0].drained());
  Inbox inbox(two.receive(1, 0), large);
  two.drive({&outbox, &inbox});
  EXPECT_TRUE(two.tcp[0].drained());
}

/// Both connect before either has heard of the other: all goes on over one of the two connections, from wherever it
/// was.
TEST_P(TcpSockets, become_one_connection_where_both_ranks_connect_at_once) {
  for (const int parts_before : {0, 1, 5, 50}) {
    TwoRanks two(GetParam(), 1 << 16);
    for (PairConnector& one : two.connector) one.is_slow = true;
    std::vector<std::unique_ptr<Outbox>> outboxes;
    std::vector<std::unique_ptr<Inbox>> inboxes;
    std::vector<Mover*> movers;
    for (const Rank from : {0, 1}) {
      const auto sent = all_sizes(8, static_cast<std::uint64_t>(from + 1) << 32);
      outboxes.push_back(std::make_unique<Outbox>(two.send(from, 0), sent));
      inboxes.push_back(std::make_unique<Inbox>(two.receive(1 - from, 0), sent));
      movers.insert(movers.end(), {outboxes.back().get(), inboxes.back().get()});
    }
    for (int part = 0; part < parts_before; ++part) {
      for (const auto& outbox : outboxes) outbox->move_one();
      two.progress();
    }
    const int open_before = open_sockets();
    for (PairConnector& one : two.connector) one.deliver();
    two.drive(movers);
    two.settle();
    for (const auto& inbox : inboxes) EXPECT_TRUE(inbox->is_right()) << parts_before;
    EXPECT_EQ(open_sockets(), open_before - 2) << "one connection, two ends of it";
    two.tcp[0].close();
    two.settle();
    EXPECT_EQ(two.tcp[1].failure(), nullptr);
  }
}

TEST(TcpSleep, ends_when_a_full_socket_has_room) {
  TwoRanks two({"", AF_INET, 1}, 1 << 20);
  Outbox outbox(two.send(0, 0), {{200000, 8, 1}});
  outbox.step();
  while (two.tcp[0].progress()) {
  }
  EXPECT_FALSE(two.tcp[0].drained());
  pollfd waited{two.tcp[0].wait_descriptor(), POLLIN, 0};
  EXPECT_EQ(::poll(&waited, 1, 0), 0) << "a full socket keeps its rank awake";
  while (two.tcp[1].progress()) {
  }
  EXPECT_EQ(::poll(&waited, 1, 60000), 1);
  EXPECT_TRUE(two.tcp[0].progress());
}

TEST(TcpGoodbye, leaves_the_peer_quiet_and_fails_what_is_sent_to_it) {
  TwoRanks two({"", AF_INET, 0});
  const std::vector<Message> one{{100, 1, 1}};
  Outbox outbox(two.send(0, 0), one);
  Inbox inbox(two.receive(1, 0), one);
  two.drive({&outbox, &inbox});
  two.tcp[1].close();
  two.settle();  // would not end if the closed socket stayed readable
  EXPECT_EQ(two.tcp[0].failure(), nullptr);
  Outbox late(two.send(0, 0), one);
  late.step();
  two.tcp[0].progress();
  ASSERT_NE(two.tcp[0].failure(), nullptr);
  EXPECT_NE(two.tcp[0].failure()->message.find("rank 1 has left"), std::string::npos);
}

TEST(TcpOptions, refuse_windows_that_wires_cannot_have) {
  PairConnector connector({"", AF_INET, 0});
  const auto bell = OwnBell::create();
  for (const std::uint64_t ring_bytes : {0ull, 4095ull, 5000ull, 1ull << 40}) {
    Tcp tcp({connector, 0, 2, bell->bell(), ring_bytes});
    ASSERT_NE(tcp.failure(), nullptr);
    EXPECT_EQ(tcp.failure()->code, Code::invalid_argument);
    EXPECT_FALSE(tcp.open_send(1, 0));
    EXPECT_FALSE(tcp.progress());
  }
}

}  // namespace
}  // namespace treering::test
