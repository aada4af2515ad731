// A peer that sends what no rank would: always an error that names it, never a crash, a hang, or a byte outside the
// wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <random>

#include "transports/own_bell.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/tcp/tcp.hpp"
#include "transports/wire.hpp"
#include "unit/tcp_sockets.hpp"

namespace treering::test {
namespace {

using framed::Frame;
using framed::FrameKind;
using ::testing::HasSubstr;
using Bytes = std::vector<std::byte>;

constexpr std::uint64_t ring_bytes = 4096;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Bytes frame(FrameKind kind, LaneIndex lane, std::uint32_t value) {
  const auto header = framed::encode({kind, lane, value});
  return {header.begin(), header.end()};
}
Bytes zeros(std::size_t bytes) {
  return Bytes(bytes, std::byte{0});
}
const Bytes opened = frame(FrameKind::opened, 5, ring_bytes);
const Bytes line = frame(FrameKind::line, 5, 77) + zeros(line_data_bytes);
const Bytes moved = frame(FrameKind::moved, 0, 0);
const Bytes goodbye = frame(FrameKind::goodbye, 0, 0);

/// Rank 0 of 3; the test plays rank 2.
class TcpWrongPeer : public ::testing::Test {
 protected:
  TcpWrongPeer() : bell_(*OwnBell::create()), tcp_({connector_, 0, 3, bell_.bell(), ring_bytes}) {}

  /// Writes as much as rank 0 lets in, which reads meanwhile.
  void say(int fd, const Bytes& bytes) {
    for (std::size_t done = 0; done < bytes.size() && !tcp_.failure();) {
      const auto sent = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (sent > 0) done += static_cast<std::size_t>(sent);
      tcp_.progress();
    }
  }
  /// Until rank 0 has nothing more to read.
  void settle() {
    const auto readable = [this] {
      pollfd waited{tcp_.wait_descriptor(), POLLIN, 0};
      return ::poll(&waited, 1, 50) > 0;
    };
    while (!tcp_.failure() && (tcp_.progress() || readable())) {
    }
  }
  void expect_failure(const char* why) {
    while (!tcp_.failure()) {
      if (tcp_.progress()) continue;
      pollfd waited{tcp_.wait_descriptor(), POLLIN, 0};
      ASSERT_TRUE(tcp_.failure() || ::poll(&waited, 1, 60000) > 0) << why;
    }
    EXPECT_EQ(tcp_.failure()->code, Code::remote_error);
    EXPECT_THAT(tcp_.failure()->message, HasSubstr("rank 2"));
    EXPECT_THAT(tcp_.failure()->message, HasSubstr(why));
    EXPECT_FALSE(tcp_.progress());
  }
  /// Rank 2 connects and sends this.
  void expect_refused(const Bytes& bytes, const char* why) {
    const Descriptor peer = connector_.accept_from(2);
    say(peer.get(), bytes);
    expect_failure(why);
  }

  PairConnector connector_{{"", AF_INET, 0}};
  OwnBell bell_;
  Tcp tcp_;
};

TEST_F(TcpWrongPeer, of_random_bytes) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Tcp tcp({connector_, 0, 3, bell_.bell(), ring_bytes});
    {
      const Descriptor peer = connector_.accept_from(2);
      Bytes bytes = seed % 2 ? opened : Bytes{};
      for (std::size_t k = random() % 3000; k > 0; --k)
        bytes.push_back(static_cast<std::byte>(random() % (seed % 3 ? 256 : 9)));
      std::ignore = ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    while (!tcp.failure()) {
      if (tcp.progress()) continue;
      pollfd waited{tcp.wait_descriptor(), POLLIN, 0};
      ASSERT_TRUE(tcp.failure() || ::poll(&waited, 1, 60000) > 0) << "seed " << seed;
    }
    EXPECT_THAT(tcp.failure()->message, HasSubstr("rank 2"));
  }
}

TEST_F(TcpWrongPeer, that_has_opened_the_lane_over_another_transport) {
  WireControl elsewhere{};
  RecvEnd held;
  held.wire.control = &elsewhere;
  Tcp tcp({connector_, 0, 3, bell_.bell(), ring_bytes, [&](Rank, LaneIndex) { return &held; }});
  const Descriptor peer = connector_.accept_from(2);
  ASSERT_EQ(::send(peer.get(), opened.data(), opened.size(), MSG_NOSIGNAL), static_cast<ssize_t>(opened.size()));
  while (!tcp.failure()) {
    if (tcp.progress()) continue;
    pollfd waited{tcp.wait_descriptor(), POLLIN, 0};
    ASSERT_TRUE(tcp.failure() || ::poll(&waited, 1, 60000) > 0);
  }
  EXPECT_THAT(tcp.failure()->message, HasSubstr("over another transport"));
  EXPECT_EQ(held.wire.control, &elsewhere);
}

TEST_F(TcpWrongPeer, that_ends_amid_a_frame) {
  Descriptor peer = connector_.accept_from(2);
  say(peer.get(), opened + frame(FrameKind::ring, 5, 100) + zeros(99));
  peer.reset();
  expect_failure("ended without a goodbye");
}
TEST_F(TcpWrongPeer, that_ends_amid_a_header) {
  Descriptor peer = connector_.accept_from(2);
  say(peer.get(), opened + Bytes{std::byte{3}});
  peer.reset();
  expect_failure("ended without a goodbye");
}
TEST_F(TcpWrongPeer, that_resets_the_connection) {
  ASSERT_TRUE(tcp_.open_send(2, 0));
  const linger at_once{1, 0};
  ::setsockopt(connector_.far_end(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  connector_.drop_far_end();
  expect_failure("Connection reset by peer");
}
TEST_F(TcpWrongPeer, that_is_gone_when_something_is_sent) {
  SendEnd& end = **tcp_.open_send(2, 0);
  tcp_.progress();
  connector_.drop_far_end();
  for (int k = 0; k < 3 && end.place_of_whole(8); ++k) {
    end.post_whole(8, 1);
    tcp_.progress();
  }
  expect_failure("lost the TCP connection");
}

TEST_F(TcpWrongPeer, that_opens_a_lane_twice) {
  expect_refused(opened + opened, "opened twice");
}
TEST_F(TcpWrongPeer, that_has_another_window) {
  expect_refused(frame(FrameKind::opened, 5, 8192), "8192 bytes where 4096 are agreed");
}
TEST_F(TcpWrongPeer, that_sends_on_a_lane_it_has_not_opened) {
  ASSERT_TRUE(tcp_.open_recv(2, 6));  // expected here does not mean opened there
  expect_refused(opened + frame(FrameKind::line, 6, 1) + zeros(line_data_bytes), "lane 6, which it has not opened");
}
TEST_F(TcpWrongPeer, that_sends_ring_data_on_a_lane_it_has_not_opened) {
  expect_refused(frame(FrameKind::ring, 6, 1) + zeros(1), "lane 6, which it has not opened");
}
TEST_F(TcpWrongPeer, that_is_65_messages_ahead) {
  Bytes bytes = opened;
  for (int k = 0; k < 65; ++k) bytes = bytes + line;
  expect_refused(bytes, "more than 64 messages ahead");
}
TEST_F(TcpWrongPeer, that_sends_more_than_the_ring_holds) {
  expect_refused(opened + frame(FrameKind::ring, 5, 4097), "4097 bytes for lane 5");
}
TEST_F(TcpWrongPeer, that_writes_over_what_is_not_consumed) {
  expect_refused(opened + frame(FrameKind::ring, 5, 4096) + zeros(4096) + frame(FrameKind::ring, 5, 1),
                 "1 bytes for lane 5");
}
TEST_F(TcpWrongPeer, that_writes_across_the_end_of_the_ring) {
  const Descriptor peer = connector_.accept_from(2);
  RecvEnd& end = **tcp_.open_recv(2, 5);
  const Announcement announcement{4000, 4000, Announcement::in_ring, 0};
  Bytes announced(line_data_bytes);
  std::memcpy(announced.data(), &announcement, sizeof announcement);
  say(peer.get(), opened + frame(FrameKind::ring, 5, 4000) + zeros(4000) + frame(FrameKind::line, 5, 77) + announced);
  settle();
  ASSERT_EQ(end.begin(4000), Arrival::message);
  ASSERT_EQ(end.available(4000, 1), 4000u);
  end.consume(4000);
  settle();  // the window is free, all of it
  say(peer.get(), frame(FrameKind::ring, 5, 97));
  expect_failure("97 bytes for lane 5");
}
TEST_F(TcpWrongPeer, that_gives_credit_where_it_sends) {
  expect_refused(opened + frame(FrameKind::line_credit, 5, 1), "a credit for lane 5, which is not open");
}
TEST_F(TcpWrongPeer, that_goes_on_after_its_goodbye) {
  expect_refused(opened + goodbye + line, "after its goodbye");
}
TEST_F(TcpWrongPeer, that_connects_twice) {
  const Descriptor first = connector_.accept_from(2);
  const Descriptor second = connector_.accept_from(2);
  expect_failure("connected twice");
}

TEST_F(TcpWrongPeer, that_gives_back_a_line_that_was_not_sent) {
  SendEnd& end = **tcp_.open_send(2, 5);
  ASSERT_TRUE(end.place_of_whole(8));
  end.post_whole(8, 1);
  tcp_.progress();
  say(connector_.far_end(), frame(FrameKind::line_credit, 5, 2));
  expect_failure("more than was sent");
}
TEST_F(TcpWrongPeer, that_gives_back_bytes_that_were_not_sent) {
  SendEnd& end = **tcp_.open_send(2, 5);
  end.begin(100, {});
  ASSERT_EQ(end.room(100, 1), 100u);
  end.commit(100, 1);
  tcp_.progress();
  say(connector_.far_end(), frame(FrameKind::ring_credit, 5, 128));  // up to the next message: right
  EXPECT_EQ(tcp_.failure(), nullptr);
  say(connector_.far_end(), frame(FrameKind::ring_credit, 5, 1));
  expect_failure("more than was sent");
}
TEST_F(TcpWrongPeer, that_gives_credit_for_a_lane_that_is_not_open) {
  ASSERT_TRUE(tcp_.open_send(2, 5));
  say(connector_.far_end(), frame(FrameKind::ring_credit, 4, 1));
  expect_failure("lane 4, which is not open");
}
TEST_F(TcpWrongPeer, that_sends_on_a_lane_that_is_open_the_other_way) {
  ASSERT_TRUE(tcp_.open_send(2, 5));
  say(connector_.far_end(), frame(FrameKind::ring, 5, 1));
  expect_failure("lane 5, which it has not opened");
}
TEST_F(TcpWrongPeer, that_moves_where_there_is_one_connection) {
  expect_refused(opened + moved, "a move to a connection that there is not");
}
TEST_F(TcpWrongPeer, that_moves_twice) {
  ASSERT_TRUE(tcp_.open_send(2, 5));
  expect_refused(opened + moved + moved, "a move to a connection that there is not");
}
TEST_F(TcpWrongPeer, that_sends_after_it_has_moved) {
  ASSERT_TRUE(tcp_.open_send(2, 5));
  expect_refused(opened + moved + line, "data on two connections at once");
}
TEST_F(TcpWrongPeer, that_sends_on_two_connections_at_once) {
  ASSERT_TRUE(tcp_.open_send(2, 5));
  say(connector_.far_end(), opened);
  expect_refused(line, "data on two connections at once");
}
TEST_F(TcpWrongPeer, that_moves_although_it_is_lower) {
  Tcp tcp({connector_, 1, 3, bell_.bell(), ring_bytes});
  ASSERT_TRUE(tcp.open_send(0, 5));
  const Descriptor peer = connector_.accept_from(0);
  ASSERT_EQ(::send(peer.get(), moved.data(), moved.size(), MSG_NOSIGNAL), static_cast<ssize_t>(moved.size()));
  while (!tcp.failure()) tcp.progress();
  EXPECT_THAT(tcp.failure()->message, HasSubstr("a move to a connection that there is not"));
}

TEST_F(TcpWrongPeer, is_none_if_it_sends_byte_by_byte) {
  const Descriptor peer = connector_.accept_from(2);
  RecvEnd& end = **tcp_.open_recv(2, 5);
  Bytes data;
  for (int k = 0; k < 100; ++k) data.push_back(static_cast<std::byte>(k * 37 + 1));
  const Announcement announcement{data.size(), data.size(), Announcement::in_ring, 0};
  Bytes announced(line_data_bytes);
  std::memcpy(announced.data(), &announcement, sizeof announcement);
  for (const std::byte byte :
       opened + frame(FrameKind::ring, 5, 100) + data + frame(FrameKind::line, 5, 77) + announced + goodbye)
    say(peer.get(), {byte});
  settle();
  ASSERT_EQ(tcp_.failure(), nullptr) << tcp_.failure()->message;
  ASSERT_EQ(end.arrived(77), Arrival::message);
  ASSERT_EQ(end.begin(100), Arrival::message);
  ASSERT_EQ(end.available(100, 1), 100u);
  EXPECT_EQ(std::memcmp(end.data_at(), data.data(), data.size()), 0);
}

}  // namespace
}  // namespace treering::test
