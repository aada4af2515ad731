#include "communicator/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "options/log.hpp"
#include "transports/loopback/loopback.hpp"
#include "transports/shared_memory/shared_memory.hpp"
#include "transports/tcp/tcp.hpp"
#include "transports/ucx/open.hpp"
#include "transports/verbs/open.hpp"

namespace treering {
namespace {

constexpr Reach all_reaches[] = {Reach::loopback, Reach::shared_memory, Reach::verbs, Reach::ucx, Reach::tcp};

/// As far as the roster tells.
bool can_reach(Reach reach, const Member& a, const Member& b) {
  switch (reach) {
    case Reach::loopback: return is_same_process(a, b);
    case Reach::shared_memory: return may_share_host(a, b);
    case Reach::verbs: return can_join_by_rdma(a, b);
    case Reach::ucx:
    case Reach::tcp: break;
  }
  return true;
}

Reach best_reach(const Member& a, const Member& b) {
  return *std::ranges::find_if(all_reaches, [&](Reach reach) { return reach != Reach::ucx && can_reach(reach, a, b); });
}

/// Why a transport that was asked for cannot join the two.
const char* why_not(Reach reach, const Member& a, const Member& b) {
  if (reach == Reach::verbs) return "have no RDMA ports on one network; see the warnings, and `treering-topo --check`";
  return may_share_host(a, b) ? "are different processes" : "are on different hosts";
}

/// `forced` as a Reach, or nothing for "auto".
std::optional<Reach> reach_named(std::string_view forced) {
  if (forced == "loopback") return Reach::loopback;
  if (forced == "shm") return Reach::shared_memory;
  if (forced == "verbs") return Reach::verbs;
  if (forced == "ucx") return Reach::ucx;
  if (forced == "tcp") return Reach::tcp;
  return std::nullopt;
}

/// The farthest over all pairs is found between neighbours of a sorted set of processes and hosts, without looking at
/// pairs.
Reach farthest_of(const Roster& roster) {
  std::set<std::array<std::byte, 16>> hosts, processes;
  for (const Member& member : roster) {
    hosts.insert(member.boot);
    processes.insert(member.process);
  }
  if (hosts.size() > 1) return all_can_join_by_rdma(roster) ? Reach::verbs : Reach::tcp;
  return processes.size() > 1 ? Reach::shared_memory : Reach::loopback;
}

}  // namespace

const char* name_of(Reach reach) {
  constexpr const char* names[] = {"loopback", "shared memory", "verbs", "ucx", "tcp"};
  return names[static_cast<int>(reach)];
}

Result<std::unique_ptr<Links>> Links::open(const Terms& terms, const Roster& roster, Connector& connector,
                                           const OwnBell& bell) {
  std::unique_ptr<Links> links(new Links);
  links->rank_ = terms.rank;
  const Member& self = roster[static_cast<std::size_t>(terms.rank)];
  const std::optional<Reach> forced = reach_named(terms.forced);
  links->is_forced_ = forced.has_value();
  for (const Member& peer : roster) {
    if (forced && peer.rank != self.rank && !can_reach(*forced, self, peer))
      return Error{
          Code::invalid_usage,
          fmt::format("the transport {} cannot join {} to {} (TREERING_TRANSPORT asks for it, but the two {}) set "
                      "TREERING_TRANSPORT=auto",
                      name_of(*forced), name_of(self), name_of(peer), why_not(*forced, self, peer))};
    links->reach_.push_back(forced.value_or(best_reach(self, peer)));
    links->ranks_here_ += may_share_host(self, peer) && peer.rank != self.rank;
  }
  links->farthest_ = forced.value_or(farthest_of(roster));
  if (auto made = links->make_transports(terms, roster, connector, bell); !made) return std::move(made).error();
  return links;
}

Links::Links() = default;
Links::~Links() = default;

Result<void> Links::make_transports(const Terms& terms, const Roster& roster, Connector& connector,
                                    const OwnBell& bell) {
  const auto ranks = static_cast<Rank>(roster.size());
  const auto needed = [&](Reach reach) {
    for (Rank peer = 0; peer < ranks; ++peer)
      if (peer != terms.rank && reach_[static_cast<std::size_t>(peer)] == reach) return true;
    return false;
  };
  if (needed(Reach::loopback)) {
    loopback_ = std::make_unique<Loopback>(terms.communicator, terms.rank, ranks, bell.bell(), terms.window_bytes);
    in_use_.push_back(loopback_.get());
  }
  if (needed(Reach::shared_memory)) {
    shared_memory_ = std::make_unique<SharedMemory>(connector, terms.rank, ranks, bell, terms.window_bytes);
    in_use_.push_back(shared_memory_.get());
  }
  if (needed(Reach::verbs)) {
    auto opened = verbs::open({connector, terms.rank, ranks, bell.bell(), terms.window_bytes},
                              port_of(terms.rdma, roster, terms.rank), terms.rdma.settings);
    if (!opened) return std::move(opened).error();
    verbs_ = *std::move(opened);
    in_use_.push_back(verbs_.get());
  }
  if (needed(Reach::ucx)) {
    auto opened = ucx::open({connector, terms.rank, ranks, bell.bell(), terms.window_bytes});
    if (!opened) return std::move(opened).error();
    ucx_ = *std::move(opened);
    in_use_.push_back(ucx_.get());
  }
  if (needed(Reach::tcp) || (shared_memory_ && !is_forced_)) {
    tcp_ = make_tcp(terms, ranks, connector, bell);
    in_use_.push_back(tcp_.get());
  }
  return {};
}

/// A peer that cannot reach us by shared memory comes by TCP, and what it sends must arrive at the ends that programs
/// hold: those of the transport that the roster promised.
std::unique_ptr<Tcp> Links::make_tcp(const Terms& terms, Rank ranks, Connector& connector, const OwnBell& bell) {
  framed::HeldEnds held = [this](Rank peer, LaneIndex lane) -> RecvEnd* {
    if (reach_[static_cast<std::size_t>(peer)] != Reach::shared_memory) return nullptr;
    auto end = shared_memory_->open_recv(peer, lane);
    return end ? *end : nullptr;
  };
  return std::make_unique<Tcp>(
      Tcp::Terms{connector, terms.rank, ranks, bell.bell(), terms.window_bytes, std::move(held)});
}

Transport& Links::transport_to(Rank peer) {
  switch (reach_[static_cast<std::size_t>(peer)]) {
    case Reach::loopback: return *loopback_;
    case Reach::shared_memory: return *shared_memory_;
    case Reach::verbs: return *verbs_;
    case Reach::ucx: return *ucx_;
    case Reach::tcp: break;
  }
  return *tcp_;
}

Result<SendEnd*> Links::send_end(Rank to, LaneIndex lane) {
  if (sends_by_tcp_.contains(to)) return tcp_->open_send(to, lane);
  if (reach_[static_cast<std::size_t>(to)] != Reach::shared_memory) return transport_to(to).open_send(to, lane);
  // What has broken stays broken; what cannot be connected may be reached in another way.
  if (const Error* const broken = shared_memory_->failure()) return *broken;
  auto connected = shared_memory_->connect(to);
  if (connected) return shared_memory_->open_send(to, lane);
  if (!is_forced_) return fall_back(to, lane, connected.error());
  return Error{connected.error().code,
               connected.error().message + "; or set TREERING_TRANSPORT=auto, which falls back to TCP"};
}

Result<SendEnd*> Links::fall_back(Rank to, LaneIndex lane, const Error& why) {
  auto end = tcp_->open_send(to, lane);
  // Neither way for one reason: the communicator has failed, or the call was cancelled.
  if (!end && end.error().message == why.message) return end;
  log(LogLevel::warning, rank_,
      fmt::format("rank {} sends to rank {} over TCP, which is slower than shared memory: {}", rank_, to, why.message));
  if (end && sends_by_tcp_.insert(to).second) fallen_back_.fetch_add(1, std::memory_order_relaxed);
  return end;
}

std::string Links::describe() const {
  const std::size_t fallen_back = fallen_back_.load(std::memory_order_relaxed);
  std::size_t peers[std::size(all_reaches)] = {};
  for (const Reach reach : reach_) ++peers[static_cast<int>(reach)];
  std::string text;
  for (const Reach reach : all_reaches) {
    // A rank counts itself among those it reaches best; it is no peer.
    const std::size_t self = reach == *std::min_element(reach_.begin(), reach_.end()) ? 1 : 0;
    const std::size_t count = peers[static_cast<int>(reach)] - std::min(self, peers[static_cast<int>(reach)]);
    if (count > 0) text += fmt::format("{}{} over {}", text.empty() ? "" : ", ", count, name_of(reach));
    if (reach == Reach::shared_memory && fallen_back > 0)
      text += fmt::format(" ({} of them by TCP: shared memory did not work)", fallen_back);
  }
  return text.empty() ? "no peers" : text;
}

void Links::close() {
  for (Transport* transport : in_use_) transport->close();
}

}  // namespace treering
