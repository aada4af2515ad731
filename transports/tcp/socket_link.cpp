#include "transports/tcp/socket_link.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

namespace treering::tcp {

using framed::FrameKind;

namespace {

constexpr std::size_t most_bytes_a_turn = 256 * 1024;
constexpr std::chrono::milliseconds longest_silence{10'000};  // of the peer's host

/// Where nothing is under way, the kernel asks the peer's host whether it is still there. One whose process is stopped
/// answers: its rank is waited for, for which reason there is no TCP_USER_TIMEOUT here.
void ask_silent_host(int fd) {
  const int on = 1;
  const int idle_s = 4;
  const int interval_s = 2;
  const int misses = (static_cast<int>(longest_silence.count()) / 1000 - idle_s) / interval_s;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &misses, sizeof misses);
}

/// Failures are ignored: the connection works without, and a Connector may use sockets that know no such option.
void tune(int fd, bool is_local) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!is_local) ask_silent_host(fd);
  // Inside a host nothing is lost and there is nothing to pace: under bbr a stream has half the bandwidth (measured on
  // Linux 6.18: 5 GB/s, reno 12 GB/s). reno is the one that every kernel has and lets everybody choose.
  constexpr std::string_view congestion = "reno";
  if (is_local) ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion.data(), congestion.size());
}

}  // namespace

SocketLink::SocketLink(Rank self, Rank peer, Descriptor socket, framed::LinkSink& sink)
    : Link(peer), self_(self), socket_(std::move(socket)), sink_(sink), path_(socket_.get()) {
  tune(socket_.get(), path_.is_local());
}

bool SocketLink::receive() {
  std::size_t bytes = 0;
  while (!ended() && !failure() && bytes < most_bytes_a_turn) {
    auto reading = reader_.read(socket_.get(), *this);
    if (!reading) {
      fail_frame(reading.error(), "TCP");
      return true;
    }
    bytes += reading->bytes;
    if (reading->error || reading->end) end_of_input(reading->error);
    read_all_ = !reading->filled;
    if (read_all_) break;
  }
  return bytes > 0;
}

void SocketLink::add_ring(const framed::RingPart& part) {
  writer_.add_in_place({FrameKind::ring, part.lane, static_cast<std::uint32_t>(part.bytes.size())}, part.bytes);
}

bool SocketLink::flush() {
  bool moved = false;
  while (!writer_.empty()) {
    const auto written = writer_.write(socket_.get());
    if (written.error) {
      end_of_output(written.error);
      return true;
    }
    if (!written.bytes) break;
    moved = true;
  }
  return moved;
}

void SocketLink::end_of_input(int error) {
  set_ended();
  if (peer_left()) return;
  if (!error) error = output_error_;
  const std::string path = path_.text();
  const char* const advice =
      is_silence(error) ? "check cables, switches and firewalls between the two hosts, and whether the other still runs"
                        : "its process or host has probably died: see what it said last";
  fail({Code::remote_error, fmt::format("rank {} has lost the TCP connection to rank {} ({}{}{}) {}", self_, peer(),
                                        error ? std::strerror(error) : "it ended without a goodbye",
                                        path.empty() ? "" : ", ", path, advice)});
}

/// Where something is under way, the kernel asks nobody, and goes on sending it for a quarter of an hour. A peer that
/// has no room for more acknowledges nothing either, but says so.
void SocketLink::look_for_silence() {
  if (ended() || failure() || path_.is_local()) return;
  constexpr unsigned enough_repeats = 3;
  tcp_info info{};
  socklen_t bytes = sizeof info;
  if (::getsockopt(socket_.get(), IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0) return;
  if (info.tcpi_unacked > 0 && info.tcpi_retransmits >= enough_repeats &&
      std::chrono::milliseconds(info.tcpi_last_ack_recv) >= longest_silence)
    end_of_input(ETIMEDOUT);
}

/// The peer may have said goodbye before it closed: that is no failure, and lies among what can still be read.
void SocketLink::end_of_output(int error) {
  output_error_ = error;
  writer_.clear();
  while (receive()) {
  }
  if (!ended() && !failure()) end_of_input(error);
}

void SocketLink::close() {
  if (!socket_) return;
  if (!output_error_ && !failure() && !withdrawn_) {
    writer_.add({FrameKind::goodbye});
    flush();
    ::shutdown(socket_.get(), SHUT_WR);
  }
  // A socket that is closed with unread data resets the connection, and the goodbye with it.
  std::byte unread[4096];
  for (int i = 0; i < 1024 && ::recv(socket_.get(), unread, sizeof unread, MSG_DONTWAIT) > 0; ++i) {
  }
  socket_.reset();
}

}  // namespace treering::tcp
