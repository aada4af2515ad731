#include "transports/shared_memory/shared_memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cassert>

#include "transports/memory.hpp"
#include "transports/shared_memory/peer.hpp"

namespace treering {

using namespace shared_memory;

struct SharedMemory::Parts {
  Parts(Connector& world, Rank own_rank, Rank all_ranks, const OwnBell& own_bell, std::uint64_t bytes)
      : connector(world), rank(own_rank), ranks(all_ranks), own(own_bell), ring_bytes(bytes), mailbox(own.bell()) {}

  void accept(Rank peer, Descriptor socket);
  Link::Sent say_hello(Link& link) const;
  Result<Peer*> connected(Rank peer);
  Peer& peer_of(Rank peer) { return peers.try_emplace(peer, peer).first->second; }
  void take_news();
  void take(News news);
  bool tidy();
  void fail(Error error) {
    if (!failure) failure = std::move(error);
  }

  Connector& connector;
  const Rank rank;
  const Rank ranks;
  const OwnBell& own;
  const std::uint64_t ring_bytes;
  Mailbox mailbox;
  std::optional<Error> failure;
  std::uint64_t releases = memory::releases();  // that all peers have been told of
  bool tidied = true;                           // nothing is left to retire or to unmap
  // A page that is touched for the first time costs as much as a short message, which would make the first 1 MiB over
  // every wire slow; having them all at once would make many ranks start slowly.
  std::uint64_t warmable = 4 << 20;
  bool closed = false;
  std::map<Rank, Peer> peers;
};

SharedMemory::SharedMemory(Connector& connector, Rank rank, Rank ranks, const OwnBell& own, std::uint64_t ring_bytes)
    : parts_(std::make_unique<Parts>(connector, rank, ranks, own, ring_bytes)) {
  assert(fits_ring(ring_bytes));
  connector.on_accept(Purpose::shared_memory,
                      [parts = parts_.get()](Rank peer, Descriptor socket) { parts->accept(peer, std::move(socket)); });
}

SharedMemory::~SharedMemory() {
  parts_->connector.on_accept(Purpose::shared_memory, {});
  parts_->take_news();  // links that were accepted since: they are being watched
}

Result<void> SharedMemory::connect(Rank peer) {
  if (auto connected = parts_->connected(peer); !connected) return std::move(connected).error();
  return {};
}

Result<SendEnd*> SharedMemory::open_send(Rank peer, LaneIndex lane) {
  auto connected = parts_->connected(peer);
  if (!connected) return std::move(connected).error();
  return (*connected)->open_send(lane, parts_->ring_bytes, parts_->warmable);
}

Result<RecvEnd*> SharedMemory::open_recv(Rank peer, LaneIndex lane) {
  if (parts_->failure) return *parts_->failure;
  if (peer < 0 || peer >= parts_->ranks || peer == parts_->rank)
    return Error{Code::invalid_argument,
                 fmt::format("no wire from rank {} to rank {} (there are {} ranks, and none has "
                             "one to itself) correct the rank",
                             peer, parts_->rank, parts_->ranks)};
  return parts_->peer_of(peer).open_recv(lane);
}

bool SharedMemory::progress() {
  Parts& parts = *parts_;
  const bool news = !parts.mailbox.is_empty();
  if (!news && parts.tidied && parts.releases == memory::releases()) [[likely]]
    return false;
  if (parts.closed) return false;
  if (news) parts.take_news();
  parts.tidied = parts.tidy();
  return news;
}

const Error* SharedMemory::failure() const {
  return parts_->failure ? &*parts_->failure : nullptr;
}

void SharedMemory::close() {
  if (parts_->closed) return;
  parts_->connector.on_accept(Purpose::shared_memory, {});
  parts_->take_news();
  parts_->closed = true;
  for (auto& [rank, peer] : parts_->peers) peer.say_goodbye();
}

/// On the connector's thread.
void SharedMemory::Parts::accept(Rank peer, Descriptor socket) {
  if (peer < 0 || peer >= ranks || peer == rank) return;
  auto link = std::make_shared<Link>(peer, std::move(socket));
  say_hello(*link);  // cannot fail for want of room; if the peer is gone, reading says so
  connector.watch(link->socket(), [reader = std::make_shared<Reader>(link, mailbox)] { return reader->read(); });
  News news{News::Kind::accepted, peer};  // only now: who takes it may forget the socket
  news.link = std::move(link);
  mailbox.post(std::move(news));
}

Link::Sent SharedMemory::Parts::say_hello(Link& link) const {
  const std::array descriptors{own.file(), own.bell().event};
  return link.send({Frame::Kind::hello, Frame::version, static_cast<std::uint64_t>(::getpid()), own.offset()},
                   descriptors);
}

Result<Peer*> SharedMemory::Parts::connected(Rank other) {
  if (failure) return *failure;
  if (other < 0 || other >= ranks || other == rank)
    return Error{Code::invalid_argument,
                 fmt::format("no wire from rank {} to rank {} (there are {} ranks, and none has "
                             "one to itself) correct the rank",
                             rank, other, ranks)};
  Peer& peer = peer_of(other);
  if (peer.has_outgoing()) return &peer;
  auto socket = connector.connect(other, Purpose::shared_memory);
  if (!socket) return std::move(socket).error();
  auto link = std::make_shared<Link>(other, *std::move(socket));
  if (say_hello(*link) == Link::Sent::not_now)
    return Error{Code::system_error, fmt::format("cannot hand a doorbell to rank {} (too many descriptors are on their "
                                                 "way) raise ulimit -n",
                                                 other)};
  connector.watch(link->socket(), [reader = std::make_shared<Reader>(link, mailbox)] { return reader->read(); });
  peer.set_outgoing(std::make_unique<WatchedLink>(connector, link));
  return &peer;
}

void SharedMemory::Parts::take_news() {
  for (News& news : mailbox.take()) take(std::move(news));
}

void SharedMemory::Parts::take(News news) {
  Peer& peer = peer_of(news.peer);
  if (news.kind == News::Kind::accepted) {
    auto watched = std::make_unique<WatchedLink>(connector, std::move(news.link));
    if (!peer.has_incoming()) peer.set_incoming(std::move(watched));
    return;  // a second one is dropped
  }
  if (news.kind == News::Kind::failure) return fail(std::move(news.error));
  if (auto taken = peer.take(std::move(news)); !taken) fail(std::move(taken).error());
}

/// True: nothing is left to do.
bool SharedMemory::Parts::tidy() {
  const std::uint64_t now = memory::releases();
  bool told = true;
  bool unmapped = true;
  for (auto& [number, peer] : peers) {
    if (releases != now) told &= peer.retire_released();
    unmapped &= peer.unmap_retired();
  }
  if (told) releases = now;
  return told && unmapped;
}

}  // namespace treering
