#include "transports/shared_memory/peer.hpp"

#include <fmt/format.h>

#include "transports/memory.hpp"

namespace treering::shared_memory {
namespace {

constexpr std::chrono::seconds patience{10};  // with a peer that does not take what it is sent
constexpr std::size_t most_regions = 4096;    // mapped by one peer at a time; other memory goes through the ring

}  // namespace

Result<SendEnd*> Peer::open_send(LaneIndex lane, std::uint64_t ring_bytes, std::uint64_t& warmable) {
  if (const auto known = sending_.find(lane); known != sending_.end()) return &known->second.end;
  if (parted_)
    return Error{Code::remote_error,
                 fmt::format("no wire to {} (it has left the communicator) call the same operations "
                             "on all ranks",
                             name_of(rank_, process_))};
  auto shared = create_shared_file("treering wire", wire_bytes(ring_bytes));
  if (!shared) return std::move(shared).error();
  const int file = shared->file.get();
  const std::uint64_t ready = std::min(wire_bytes(ring_bytes), std::max(wire_bytes(kept_warm), warmable));
  shared->memory.populate(ready);
  warmable -= std::min(warmable, ready);
  const Frame offer{Frame::Kind::wire, lane, ready, ring_bytes};
  if ((*outgoing_)->send_within(patience, offer, {&file, 1}) == Link::Sent::not_now)
    return Error{Code::timeout, fmt::format("{} takes no connections (it has not read for {} s; stopped?) "
                                            "look at that process",
                                            name_of(rank_, process_), patience.count())};
  Sending& made = sending_[lane];
  made.wire = wire_in(shared->memory, ring_bytes);
  made.memory = std::move(shared->memory);
  made.end.lender = this;
  made.end.borrower = this;
  made.end.stages = true;
  made.end.rewinds = true;
  if (bell_.doorbell) {
    made.end.wire = made.wire;
    made.end.bell = bell_;
  }
  return &made.end;
}

RecvEnd* Peer::open_recv(LaneIndex lane) {
  return &receiving_[lane].end;
}

Result<void> Peer::take(News news) {
  switch (news.kind) {
    case News::Kind::hello:
      if (bell_.doorbell) break;  // it has come over the other link
      process_ = news.frame.number;
      bell_page_ = std::move(news.memory);
      event_ = std::move(news.event);
      bell_ = {reinterpret_cast<Doorbell*>(bell_page_.first() + news.frame.bytes), event_.get()};
      for (auto& [lane, sending] : sending_) {
        sending.end.wire = sending.wire;
        sending.end.bell = bell_;
      }
      break;
    case News::Kind::wire: return connect_receiver(std::move(news));
    case News::Kind::region:
      if (borrowed_.size() >= most_regions || !borrowed_.emplace(news.frame.number, std::move(news.memory)).second)
        return Error{Code::remote_error,
                     fmt::format("{} lends memory twice, or too much (its library is defective) use "
                                 "the same version on all ranks",
                                 name_of(rank_, process_))};
      break;
    case News::Kind::retired:
      if (auto retired = borrowed_.extract(news.frame.number)) retired_.push_back(std::move(retired.mapped()));
      break;
    case News::Kind::goodbye: parted_ = true; break;
    case News::Kind::accepted:
    case News::Kind::failure: break;  // not of a peer
  }
  return {};
}

Result<void> Peer::connect_receiver(News news) {
  Receiving& receiving = receiving_[static_cast<LaneIndex>(news.frame.lane)];
  // Over another transport, in the second case: Links lets it connect the ends of peers that come by there.
  if (receiving.memory.first() || receiving.end.wire.control != &unconnected)
    return Error{Code::remote_error,
                 fmt::format("{} offers the wire of lane {} twice (its library is defective) use the "
                             "same version on all ranks",
                             name_of(rank_, process_), news.frame.lane)};
  receiving.memory = std::move(news.memory);
  receiving.end.wire = wire_in(receiving.memory, news.frame.bytes);
  receiving.end.bell = bell_;
  receiving.end.borrower = this;
  receiving.end.lender = this;
  return {};
}

std::optional<Loan> Peer::lend(const std::byte* first, std::uint64_t bytes) {
  const auto loan = memory::find(first, bytes);
  if (!loan || (!lent_.contains(loan->region) && !hand_over(loan->region))) return {};
  return loan;
}

bool Peer::hand_over(std::uint64_t number) {
  if (lent_.size() >= most_regions) return false;
  const auto region = memory::region(number);
  if (!region) return false;
  const int file = region->file.get();
  WatchedLink& link = outgoing_ ? *outgoing_ : *incoming_;
  if (link->send({Frame::Kind::region, 0, number, region->bytes}, {&file, 1}) != Link::Sent::yes) return false;
  lent_.emplace(number, &link);
  return true;
}

std::byte* Peer::find(const Loan& loan, std::uint64_t bytes) {
  const auto region = borrowed_.find(loan.region);
  if (region == borrowed_.end()) return nullptr;
  const Mapping& memory = region->second;
  if (loan.offset > memory.bytes() || bytes > memory.bytes() - loan.offset) return nullptr;
  return memory.first() + loan.offset;
}

bool Peer::retire_released() {
  for (auto number = lent_.begin(); number != lent_.end();) {
    const auto& [region, link] = *number;
    if (memory::exists(region)) {
      ++number;
      continue;
    }
    if ((*link)->send({Frame::Kind::retire, 0, region, 0}) == Link::Sent::not_now) return false;
    number = lent_.erase(number);
  }
  return true;
}

bool Peer::unmap_retired() {
  if (retired_.empty()) return true;
  for (const auto& [lane, receiving] : receiving_)
    if (receiving.end.borrows()) return false;
  for (const auto& [lane, sending] : sending_)
    if (sending.end.lands()) return false;
  retired_.clear();
  return true;
}

void Peer::say_goodbye() {
  for (auto* const link : {outgoing_.get(), incoming_.get()})
    if (link) (*link)->send({Frame::Kind::goodbye});
}

}  // namespace treering::shared_memory
