#include "transports/tcp/tcp.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

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

Result<SendEnd*> Tcp::open_send(Rank to, LaneIndex lane) {
  if (auto fine = usable(to); !fine) return std::move(fine).error();
  adopt();  // the peer may have connected
  tcp::Peer& it = peer(to);
  if (!it.is_connected()) {
    auto socket = connector_.connect(to, Purpose::tcp);
    if (!socket) return std::move(socket).error();
    if (auto watched = watch(*it.connect(*std::move(socket))); !watched) return std::move(watched).error();
  }
  return it.outgoing().open(lane, ring_bytes_);
}

Result<RecvEnd*> Tcp::open_recv(Rank from, LaneIndex lane) {
  if (auto fine = usable(from); !fine) return std::move(fine).error();
  return peer(from).incoming().open(lane);
}

tcp::Peer& Tcp::peer(Rank rank) {
  auto& it = peers_[rank];
  if (!it) {
    it = std::make_unique<tcp::Peer>(rank_, rank, ring_bytes_, held_);
    all_peers_.push_back(it.get());
  }
  return *it;
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

void Tcp::adopt(Rank from, Descriptor socket) {
  if (from < 0 || from >= ranks_) {
    fail({Code::internal_error,
          fmt::format("a TCP connection from rank {} of {} (the connector let it in) report this", from, ranks_)});
    return;
  }
  tcp::Link* const link = peer(from).adopt(std::move(socket));
  if (!link) {
    fail({Code::remote_error, fmt::format("rank {} has connected twice (one connection carries all lanes) run the same "
                                          "version of Treering on all ranks",
                                          from)});
    return;
  }
  if (auto watched = watch(*link); !watched) fail(std::move(watched).error());
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
  bool sent = false;
  for (tcp::Peer* peer : all_peers_) {
    sent |= peer->push();
    if (peer->is_moving()) [[unlikely]]
      close_retired(*peer);
  }
  if (sent) reads_ = 0;
  // Right after it has moved something, the engine calls once more for what is to be sent. A read would find nothing,
  // and costs as much as a tenth of a small operation.
  const bool reads = !std::exchange(rests_, sent && !rests_);
  moved |= sent || (reads && receive());
  for (tcp::Peer* peer : all_peers_) {
    moved |= peer->incoming().push(!moved);
    note(*peer);
  }
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
  if (latest_ && all_peers_.size() == 1 && reads_ < reads_after_sending) {
    ++reads_;
    return receive(*latest_);
  }
  std::array<epoll_event, 16> events;
  const int ready = ::epoll_wait(poller_.get(), events.data(), events.size(), 0);
  bool moved = false;
  for (int i = 0; i < ready; ++i) moved |= receive(*static_cast<tcp::Link*>(events[i].data.ptr));
  return moved;
}

bool Tcp::receive(tcp::Link& link) {
  const bool moved = link.receive();
  if (moved) {
    latest_ = &link;
    rests_ = link.has_read_all();
  }
  if (!link.ended()) return moved;
  // At its end a socket stays readable: nobody could sleep any more.
  ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, link.descriptor(), nullptr);
  latest_ = nullptr;
  return true;
}

void Tcp::close_retired(tcp::Peer& peer) {
  while (const auto retired = peer.take_retired()) {
    if (retired->failure()) fail(*retired->failure());
    if (!retired->ended()) ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, retired->descriptor(), nullptr);
    if (latest_ == retired.get()) latest_ = nullptr;
    retired->close();
  }
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
  for (const tcp::Peer* peer : all_peers_) peer->for_each_link(update);
}

/// Waiting ranks come by here ten times a second, those that spin all the time.
void Tcp::look_for_silence() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_sec == looked_at_s_) return;
  looked_at_s_ = now.tv_sec;
  for (const tcp::Peer* peer : all_peers_) peer->for_each_link([](tcp::Link& link) { link.look_for_silence(); });
}

bool Tcp::drained() const {
  if (!has_connections()) return true;
  return std::ranges::all_of(all_peers_, [](const tcp::Peer* peer) { return peer->drained(); });
}

void Tcp::note(const tcp::Peer& peer) {
  peer.for_each_link([this](const tcp::Link& link) {
    if (link.failure()) [[unlikely]]
      fail(*link.failure());
  });
}

void Tcp::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
}

void Tcp::withdraw() {
  for (const tcp::Peer* peer : all_peers_) peer->for_each_link([](tcp::Link& link) { link.withdraw(); });
}

void Tcp::close() {
  if (closed_) return;
  closed_ = true;
  for (const tcp::Peer* peer : all_peers_) peer->for_each_link([](tcp::Link& link) { link.close(); });
}

}  // namespace treering
