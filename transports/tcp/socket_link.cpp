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
// Longer than the control plane waits, which names rank and host: it speaks first where all is silent between two
// hosts.
constexpr std::chrono::milliseconds more_patience{2000};

/// Failures are ignored: the connection works without, and a Connector may use sockets that know no such option.
void tune(int fd, bool is_local) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Inside a host nothing is lost and there is nothing to pace: under bbr a stream has half the bandwidth (measured on
  // Linux 6.18: 5 GB/s, reno 12 GB/s). reno is the one that every kernel has and lets everybody choose.
  constexpr std::string_view congestion = "reno";
  if (is_local) ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion.data(), congestion.size());
}

}  // namespace

SocketLink::SocketLink(Rank self, Rank peer, Descriptor socket, framed::LinkSink& sink, Connector& connector)
    : Link(peer), self_(self), socket_(std::move(socket)), sink_(sink), connector_(connector), path_(socket_.get()) {
  tune(socket_.get(), path_.is_local());
  if (path_.is_remote()) silence_.emplace(socket_.get(), connector.silence_timeout() + more_patience);
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
  lose(error ? std::strerror(error) : "it ended without a goodbye", is_silence(error));
}

void SocketLink::lose(const std::string& how, bool is_silence) {
  const std::string path = path_.text();
  const char* const advice =
      is_silence ? "check cables, switches and firewalls between the two hosts, and whether the other still runs"
                 : "its process or host has probably died: see what it said last";
  fail({Code::remote_error, fmt::format("rank {} has lost the TCP connection to rank {} ({}{}{}) {}", self_, peer(),
                                        how, path.empty() ? "" : ", ", path, advice)});
}

void SocketLink::look_for_silence() {
  if (!silence_ || ended() || failure()) return;
  using enum Silence::Finding;
  const Silence::Finding found = silence_->look();
  if (found == begun || found == over)
    connector_.tell_silence(peer(), {found == over, silence_->lasted(), path_.text()});
  if (found != lost) return;
  set_ended();
  lose("no answer for " + seconds_text(silence_->lasted()), true);
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
