// All that a rank shares with one other process: wires, memory that is lent, and how to wake it. On the rank's thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "transports/lending.hpp"
#include "transports/mapping.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"
#include "transports/shared_memory/reader.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering::shared_memory {

/// A link that is being read on the connector's thread; forgotten there before it is closed.
class WatchedLink {
 public:
  WatchedLink(Connector& connector, std::shared_ptr<Link> link) : connector_(connector), link_(std::move(link)) {}
  WatchedLink(const WatchedLink&) = delete;
  WatchedLink& operator=(const WatchedLink&) = delete;
  ~WatchedLink() { connector_.forget(link_->socket()); }
  Link* operator->() const { return link_.get(); }

 private:
  Connector& connector_;
  std::shared_ptr<Link> link_;
};

class Peer final : Lender, Borrower {
 public:
  explicit Peer(Rank rank) : rank_(rank) {}

  bool has_outgoing() const { return outgoing_ != nullptr; }
  void set_outgoing(std::unique_ptr<WatchedLink> link) { outgoing_ = std::move(link); }
  bool has_incoming() const { return incoming_ != nullptr; }
  void set_incoming(std::unique_ptr<WatchedLink> link) { incoming_ = std::move(link); }

  /// Makes the wire and hands it over; usable as soon as the peer's hello is here. `warmable`: bytes whose pages may be
  /// had at once; what this wire takes of them is subtracted.
  Result<SendEnd*> open_send(LaneIndex lane, std::uint64_t ring_bytes, std::uint64_t& warmable);
  RecvEnd* open_recv(LaneIndex lane);

  Result<void> take(News news);

  /// Tells the peer of lent memory that has been released. False: not all could be said now.
  bool retire_released();
  /// Unmaps what the peer has retired. False: some is being read still.
  bool unmap_retired();

  void say_goodbye();

 private:
  struct Sending {
    Mapping memory;
    Wire wire;  // given to the end when it is connected
    SendEnd end;
  };
  struct Receiving {
    Mapping memory;
    RecvEnd end;
  };

  Result<void> connect_receiver(News news);
  std::optional<Loan> lend(const std::byte* first, std::uint64_t bytes) override;
  bool hand_over(std::uint64_t region);
  std::byte* find(const Loan& loan, std::uint64_t bytes) override;

  Rank rank_;
  std::uint64_t process_ = 0;
  bool parted_ = false;  // has said goodbye
  Mapping bell_page_;
  Descriptor event_;
  Bell bell_;  // no doorbell until the peer has said hello
  std::map<LaneIndex, Sending> sending_;
  std::map<LaneIndex, Receiving> receiving_;
  std::map<std::uint64_t, WatchedLink*> lent_;  // regions of ours that the peer has, and the link that they went by
  std::map<std::uint64_t, Mapping> borrowed_;   // regions of the peer's
  std::vector<Mapping> retired_;                // still mapped, since one of them may be being read
  std::unique_ptr<WatchedLink> outgoing_;       // last: forgotten before anything else goes
  std::unique_ptr<WatchedLink> incoming_;
};

}  // namespace treering::shared_memory
