#include "transports/framed/framed_transport.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "transports/mapping.hpp"

namespace treering::framed {

FramedTransport::FramedTransport(Terms terms, Purpose purpose, Registrar* registrar)
    : terms_(std::move(terms)), purpose_(purpose), registrar_(registrar) {
  if (!fits_ring(terms_.ring_bytes)) {
    fail({Code::invalid_argument,
          fmt::format("a window of {} bytes (not a power of two from 4096 to {}) correct the option", terms_.ring_bytes,
                      most_ring_bytes)});
    return;
  }
  terms_.connector.on_accept(purpose_, [this](Rank peer, Descriptor socket) {
    {
      const std::lock_guard lock(mailbox_mutex_);
      mailbox_.emplace_back(peer, std::move(socket));
      mail_.store(true, std::memory_order_release);
    }
    ring(terms_.own);
  });
}

FramedTransport::~FramedTransport() {
  terms_.connector.on_accept(purpose_, {});
}

Result<void> FramedTransport::usable(Rank peer) const {
  if (failure_) return *failure_;
  if (closed_)
    return Error{Code::invalid_usage,
                 "a wire was opened on a closed transport (its communicator is gone) make a new one"};
  if (peer < 0 || peer >= terms_.ranks)
    return Error{Code::invalid_argument, fmt::format("no rank {} (there are {}) name one of them", peer, terms_.ranks)};
  return {};
}

Result<SendEnd*> FramedTransport::open_send(Rank to, LaneIndex lane) {
  if (auto fine = usable(to); !fine) return std::move(fine).error();
  adopt();  // the peer may have connected
  Peer& it = peer(to);
  if (!it.is_connected()) {
    auto socket = terms_.connector.connect(to, purpose_);
    if (!socket) return std::move(socket).error();
    auto link = link_to(it, *std::move(socket), Made::here);
    if (!link) return std::move(link).error();
    it.connect(*std::move(link));
  }
  return it.outgoing().open(lane, terms_.ring_bytes);
}

Result<RecvEnd*> FramedTransport::open_recv(Rank from, LaneIndex lane) {
  if (auto fine = usable(from); !fine) return std::move(fine).error();
  return peer(from).incoming().open(lane);
}

Peer& FramedTransport::peer(Rank rank) {
  auto& it = peers_[rank];
  if (!it) {
    it = std::make_unique<Peer>(terms_.rank, rank, terms_.ring_bytes, terms_.held, registrar_);
    all_peers_.push_back(it.get());
  }
  return *it;
}

Result<std::unique_ptr<Link>> FramedTransport::link_to(Peer& peer, Descriptor socket, Made made) {
  auto link = make_link(peer, std::move(socket), made);
  if (!link) return std::move(link).error();
  auto watched = watch((*link)->descriptor(), link->get());
  if (watched) return link;
  discard(*std::move(link));
  return std::move(watched).error();
}

bool FramedTransport::adopt() {
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

void FramedTransport::adopt(Rank from, Descriptor socket) {
  if (from < 0 || from >= terms_.ranks) {
    fail({Code::internal_error,
          fmt::format("a connection from rank {} of {} (the connector let it in) report this", from, terms_.ranks)});
    return;
  }
  if (peer(from).has_theirs()) {
    fail({Code::remote_error, fmt::format("rank {} has connected twice (one connection carries all lanes) run the same "
                                          "version of Treering on all ranks",
                                          from)});
    return;
  }
  auto link = link_to(peer(from), std::move(socket), Made::there);
  if (!link) return fail(std::move(link).error());
  peer(from).adopt(*std::move(link));
}

Result<void> FramedTransport::watch(int descriptor, void* tag) {
  if (!poller_) poller_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!poller_)
    return Error{Code::system_error, fmt::format("cannot watch sockets ({}) raise the limit on open files (ulimit -n)",
                                                 std::strerror(errno))};
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = tag;
  if (::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return Error{Code::system_error,
               fmt::format("cannot watch a connection ({}) raise fs.epoll.max_user_watches", std::strerror(errno))};
}

void FramedTransport::stop_watching(const Link& link) {
  ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, link.descriptor(), nullptr);
}

bool FramedTransport::push_data() {
  bool sent = false;
  for (Peer* peer : all_peers_) {
    sent |= peer->push();
    if (peer->is_moving()) [[unlikely]]
      close_retired(*peer);
  }
  return sent;
}

bool FramedTransport::push_credits(bool moved) {
  bool sent = false;
  for (Peer* peer : all_peers_) {
    sent |= peer->incoming().push(!(moved || sent));
    note(*peer);
  }
  return sent;
}

void FramedTransport::close_retired(Peer& peer) {
  while (auto retired = peer.take_retired()) {
    if (retired->failure()) fail(*retired->failure());
    if (!retired->ended()) stop_watching(*retired);
    retired->close();
    discard(std::move(retired));
  }
}

void FramedTransport::end_links() {
  all_peers_.clear();
  peers_.clear();
}

bool FramedTransport::drained() const {
  if (!has_connections()) return true;
  return std::ranges::all_of(all_peers_, [](const Peer* peer) { return peer->drained(); });
}

void FramedTransport::note(const Peer& peer) {
  peer.for_each_link([this](const Link& link) {
    if (link.failure()) [[unlikely]]
      fail(*link.failure());
  });
}

void FramedTransport::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
}

void FramedTransport::withdraw() {
  for (const Peer* peer : all_peers_) peer->for_each_link([](Link& link) { link.withdraw(); });
}

void FramedTransport::close() {
  if (closed_) return;
  closed_ = true;
  for (const Peer* peer : all_peers_) peer->for_each_link([](Link& link) { link.close(); });
}

}  // namespace treering::framed
