#include "transports/tcp/tcp.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace treering {

Tcp::Tcp(Connector& connector, Rank rank, Rank ranks, Bell own, std::uint64_t ring_bytes, tcp::HeldEnds held)
    : connector_(connector), rank_(rank), ranks_(ranks), own_(own), ring_bytes_(ring_bytes), held_(std::move(held)) {
  if (!fits_ring(ring_bytes)) {
    fail({Code::invalid_argument,
          fmt::format("a window of {} bytes (not a power of two from 4096 to {}) correct the option", ring_bytes,
                      most_ring_bytes)});
    return;
  }
  connector_.on_accept(Purpose::tcp, [this](Rank peer, Descriptor socket) {
    {
      const std::lock_guard lock(mailbox_mutex_);
      mailbox_.emplace_back(peer, std::move(socket));
      mail_.store(true, std::memory_order_release);
    }
    ring(own_);
  });
}

Tcp::~Tcp() {
  connector_.on_accept(Purpose::tcp, {});
}

Result<void> Tcp::usable(Rank peer) const {
  if (failure_) return *failure_;
  if (closed_)
    return Error{Code::invalid_usage,
                 "a wire was opened on a closed transport (its communicator is gone) make a new one"};
  if (peer < 0 || peer >= ranks_)
    return Error{Code::invalid_argument, fmt::format("no rank {} (there are {}) name one of them", peer, ranks_)};
  return {};
}

Result<SendEnd*> Tcp::open_send(Rank peer, LaneIndex lane) {
  if (auto fine = usable(peer); !fine) return std::move(fine).error();
  auto& link = outgoing_[peer];
  if (!link) {
    auto socket = connector_.connect(peer, Purpose::tcp);
    if (!socket) {
      outgoing_.erase(peer);
      return std::move(socket).error();
    }
    link = std::make_unique<tcp::Outgoing>(peer, *std::move(socket));
    if (auto watched = watch(*link); !watched) return std::move(watched).error();
  }
  return link->open(lane, ring_bytes_);
}

Result<RecvEnd*> Tcp::open_recv(Rank peer, LaneIndex lane) {
  if (auto fine = usable(peer); !fine) return std::move(fine).error();
  return incoming(peer).open(lane);
}

tcp::Incoming& Tcp::incoming(Rank peer) {
  auto& link = incoming_[peer];
  if (!link) link = std::make_unique<tcp::Incoming>(peer, ring_bytes_, held_);
  return *link;
}

bool Tcp::adopt() {
  if (!mail_.load(std::memory_order_acquire)) return false;
  std::vector<std::pair<Rank, Descriptor>> arrived;
  {
    const std::lock_guard lock(mailbox_mutex_);
    arrived.swap(mailbox_);
    mail_.store(false, std::memory_order_relaxed);
  }
  for (auto& [peer, socket] : arrived) adopt(peer, std::move(socket));
  return true;
}

void Tcp::adopt(Rank peer, Descriptor socket) {
  if (peer < 0 || peer >= ranks_) {
    fail({Code::internal_error,
          fmt::format("a TCP connection from rank {} of {} (the connector let it in) report this", peer, ranks_)});
    return;
  }
  tcp::Incoming& link = incoming(peer);
  if (link.attached()) {
    fail({Code::remote_error, fmt::format("rank {} has connected twice (one connection carries all lanes) run the same "
                                          "version of Treering on all ranks",
                                          peer)});
    return;
  }
  link.attach(std::move(socket));
  if (auto watched = watch(link); !watched) fail(std::move(watched).error());
}

Result<void> Tcp::watch(tcp::Link& link) {
  if (!poller_) poller_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!poller_)
    return Error{Code::system_error, fmt::format("cannot watch sockets ({}) raise the limit on open files (ulimit -n)",
                                                 std::strerror(errno))};
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &link;
  if (::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, link.descriptor(), &event) == 0) return {};
  return Error{Code::system_error,
               fmt::format("cannot watch the socket to rank {} ({}) raise fs.epoll.max_user_watches", link.peer(),
                           std::strerror(errno))};
}

bool Tcp::progress() {
  if (failure_ || closed_) return false;
  bool moved = adopt();
  if (!has_connections()) return moved;
  for (auto& [peer, link] : outgoing_) {
    moved |= link->push();
    note(*link);
  }
  moved |= receive();
  for (auto& [peer, link] : incoming_) {
    moved |= link->push(!moved);
    note(*link);
  }
  if (!moved) watch_for_room();
  return moved;
}

/// Reads from the sockets that have something. True if anything came.
bool Tcp::receive() {
  std::array<epoll_event, 16> events;
  const int ready = ::epoll_wait(poller_.get(), events.data(), events.size(), 0);
  bool moved = false;
  for (int i = 0; i < ready; ++i) {
    auto& link = *static_cast<tcp::Link*>(events[i].data.ptr);
    moved |= link.receive();
    note(link);
    // At its end a socket stays readable: nobody could sleep any more.
    if (link.ended()) ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, link.descriptor(), nullptr);
  }
  return moved;
}

/// Before the caller may sleep: whoever waits for room in a socket is woken by it, and nobody else.
void Tcp::watch_for_room() {
  const auto update = [this](tcp::Link& link) {
    if (link.is_full() == link.watched_for_room || link.ended()) return;
    epoll_event event{};
    event.events = link.is_full() ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &link;
    ::epoll_ctl(poller_.get(), EPOLL_CTL_MOD, link.descriptor(), &event);
    link.watched_for_room = link.is_full();
  };
  for (auto& [peer, link] : outgoing_) update(*link);
  for (auto& [peer, link] : incoming_) update(*link);
}

bool Tcp::drained() const {
  if (!has_connections()) return true;
  for (const auto& [peer, link] : outgoing_)
    if (!link->drained()) return false;
  for (const auto& [peer, link] : incoming_)
    if (!link->drained()) return false;
  return true;
}

void Tcp::note(const tcp::Link& link) {
  if (link.failure()) [[unlikely]]
    fail(*link.failure());
}

void Tcp::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
}

void Tcp::close() {
  if (closed_) return;
  closed_ = true;
  for (auto& [peer, link] : outgoing_) link->close();
  for (auto& [peer, link] : incoming_) link->close();
}

}  // namespace treering
