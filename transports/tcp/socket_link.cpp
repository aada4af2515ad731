#include "transports/tcp/socket_link.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>

namespace treering::tcp {

using framed::FrameKind;

namespace {

constexpr std::size_t most_bytes_a_turn = 256 * 1024;

/// Are both ends on this host? Addresses of the same host are equal, or both in 127.0.0.0/8.
bool is_local(int fd) {
  sockaddr_storage own{};
  sockaddr_storage peer{};
  socklen_t own_bytes = sizeof own;
  socklen_t peer_bytes = sizeof peer;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_bytes) != 0 ||
      ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_bytes) != 0 || own.ss_family != peer.ss_family)
    return false;
  if (own.ss_family == AF_INET6) {
    const auto& a = reinterpret_cast<const sockaddr_in6&>(own).sin6_addr;
    const auto& b = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
    return std::memcmp(&a, &b, sizeof a) == 0;
  }
  const auto a = ntohl(reinterpret_cast<const sockaddr_in&>(own).sin_addr.s_addr);
  const auto b = ntohl(reinterpret_cast<const sockaddr_in&>(peer).sin_addr.s_addr);
  return own.ss_family == AF_INET && (a == b || (a >> 24 == IN_LOOPBACKNET && b >> 24 == IN_LOOPBACKNET));
}

/// Failures are ignored: the connection works without, and a Connector may use sockets that know no such option.
void tune(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Inside a host nothing is lost and there is nothing to pace: under bbr a stream has half the bandwidth (measured on
  // Linux 6.18: 5 GB/s, reno 12 GB/s). reno is the one that every kernel has and lets everybody choose.
  constexpr std::string_view congestion = "reno";
  if (is_local(fd)) ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion.data(), congestion.size());
}

}  // namespace

SocketLink::SocketLink(Rank peer, Descriptor socket, framed::LinkSink& sink)
    : Link(peer), socket_(std::move(socket)), sink_(sink) {
  tune(socket_.get());
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
  const char* const why = error ? std::strerror(error) : "it ended without a goodbye";
  fail({Code::remote_error,
        fmt::format("lost the TCP connection to rank {} ({}) its process or host has probably died: see "
                    "what rank {} said last",
                    peer(), why, peer())});
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
