#include "transports/tcp/tcp.hpp"

#include <sys/epoll.h>

#include <array>
#include <ctime>
#include <utility>

namespace treering {

using framed::Link;
using framed::Peer;
using tcp::SocketLink;

Result<std::unique_ptr<Link>> Tcp::make_link(Peer& peer, Descriptor socket, Made) {
  return std::unique_ptr<Link>(
      std::make_unique<SocketLink>(rank(), peer.rank(), std::move(socket), peer.sink(), connector()));
}

void Tcp::discard(std::unique_ptr<Link> link) {
  if (latest_ == link.get()) latest_ = nullptr;
}

bool Tcp::progress() {
  if (!is_usable()) return false;
  bool moved = adopt();
  if (!has_connections()) return moved;
  const bool sent = push_data();
  if (sent) reads_ = 0;
  // Right after it has moved something, the engine calls once more for what is to be sent. A read would find nothing,
  // and costs as much as a tenth of a small operation.
  const bool reads = !std::exchange(rests_, sent && !rests_);
  moved |= sent || (reads && receive());
  moved |= push_credits(moved);
  if (!moved) {
    watch_for_room();
    look_for_silence();
  }
  return moved;
}

/// Reads from the sockets that have something. True if anything came.
///
/// With one peer, its answer has often come when a message has gone: reading at once is quicker than asking first. But
/// a read takes the lock of the socket, which holds up a peer that is about to deliver: so two reads, and no more.
bool Tcp::receive() {
  constexpr unsigned reads_after_sending = 2;
  if (latest_ && all_peers().size() == 1 && reads_ < reads_after_sending) {
    ++reads_;
    return receive(*latest_);
  }
  std::array<epoll_event, 16> events;
  const int ready = ::epoll_wait(poller(), events.data(), events.size(), 0);
  bool moved = false;
  for (int i = 0; i < ready; ++i) moved |= receive(*static_cast<Link*>(events[static_cast<std::size_t>(i)].data.ptr));
  return moved;
}

bool Tcp::receive(Link& any) {
  auto& link = static_cast<SocketLink&>(any);
  const bool moved = link.receive();
  if (moved) {
    latest_ = &link;
    rests_ = link.has_read_all();
  }
  if (!link.ended()) return moved;
  stop_watching(link);
  latest_ = nullptr;
  return true;
}

/// Before the caller may sleep: whoever waits for room in a socket is woken by it, and nobody else.
void Tcp::watch_for_room() {
  const auto update = [this](Link& any) {
    auto& link = static_cast<SocketLink&>(any);
    if (link.is_full() == link.watched_for_room || link.ended()) return;
    epoll_event event{};
    event.events = link.is_full() ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &any;
    ::epoll_ctl(poller(), EPOLL_CTL_MOD, link.descriptor(), &event);
    link.watched_for_room = link.is_full();
  };
  for (const Peer* peer : all_peers()) peer->for_each_link(update);
}

/// Waiting ranks come by here ten times a second, those that spin all the time.
void Tcp::look_for_silence() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_sec == looked_at_s_) return;
  looked_at_s_ = now.tv_sec;
  for (const Peer* peer : all_peers())
    peer->for_each_link([](Link& link) { static_cast<SocketLink&>(link).look_for_silence(); });
}

}  // namespace treering
