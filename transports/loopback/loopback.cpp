#include "transports/loopback/loopback.hpp"

#include <cassert>
#include <string>

#include "transports/loopback/hub.hpp"

namespace treering {

Loopback::Loopback(std::uint64_t communicator, Rank rank, Rank ranks, Bell own, std::uint64_t ring_bytes)
    : hub_(LoopbackHub::of(communicator, ranks)), rank_(rank), ranks_(ranks), ring_bytes_(ring_bytes) {
  assert(fits_ring(ring_bytes) && rank >= 0 && rank < ranks);
  joined_ = hub_->ranks() == ranks && hub_->join(rank, own);
  if (!joined_)
    failure_ = Error{Code::invalid_usage, "rank " + std::to_string(rank) +
                                              " cannot join (another thread of this process has joined the same "
                                              "communicator as this rank, or with another number of ranks) give each "
                                              "thread a rank of its own"};
}

Loopback::~Loopback() {
  if (joined_ && !closed_) hub_->leave(rank_, LoopbackHub::Leaving::without_a_word);
}

Result<SendEnd*> Loopback::open_send(Rank peer, LaneIndex lane) {
  return open(send_ends_, peer, lane);
}
Result<RecvEnd*> Loopback::open_recv(Rank peer, LaneIndex lane) {
  return open(recv_ends_, peer, lane);
}

bool Loopback::progress() {
  if (!joined_ || closed_ || !hub_->has_news(rank_)) return false;
  if (const Rank lost = hub_->lost(); lost != nobody && !failure_)
    failure_ = Error{Code::remote_error, "rank " + std::to_string(lost) +
                                             " has left (its thread, in this process, has given the communicator up) "
                                             "look at the first error of that rank"};
  connect(send_ends_);
  connect(recv_ends_);
  return true;
}

void Loopback::close() {
  if (joined_ && !closed_) hub_->leave(rank_, LoopbackHub::Leaving::after_goodbye);
  closed_ = true;
}

template <class End>
Result<End*> Loopback::open(Ends<End>& ends, Rank peer, LaneIndex lane) {
  if (failure_) return *failure_;
  if (peer < 0 || peer >= ranks_)
    return Error{Code::invalid_argument, "no wire to rank " + std::to_string(peer) + " (there are " +
                                             std::to_string(ranks_) + " ranks) correct the rank"};
  auto& end = ends[{peer, lane}];
  if (!end) {
    end = std::make_unique<End>();
    connect(*end, peer, lane);
  }
  if (failure_) return *failure_;
  return end.get();
}

template <class End>
void Loopback::connect(Ends<End>& ends) {
  for (auto& [where, end] : ends)
    if (!end->bell.doorbell) connect(*end, where.first, where.second);
}

template <class End>
void Loopback::connect(End& end, Rank peer, LaneIndex lane) {
  const auto bell = hub_->bell_of(peer, rank_);
  if (!bell) return;
  constexpr bool sends = std::is_same_v<End, SendEnd>;
  auto wire = hub_->wire(sends ? rank_ : peer, sends ? peer : rank_, lane, ring_bytes_);
  if (!wire) {
    if (!failure_) failure_ = std::move(wire).error();
    return;
  }
  end.wire = *wire;
  end.bell = *bell;
  end.lender = &addresses_;
  end.borrower = &addresses_;
  if constexpr (sends) end.rewinds = true;
}

std::optional<Loan> Loopback::Addresses::lend(const std::byte* first, std::uint64_t) {
  constexpr std::uint64_t whole_address_space = 1;
  return Loan{whole_address_space, reinterpret_cast<std::uintptr_t>(first)};
}

std::byte* Loopback::Addresses::find(const Loan& loan, std::uint64_t) {
  return reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(loan.offset));
}

}  // namespace treering
