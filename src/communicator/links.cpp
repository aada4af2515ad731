#include "communicator/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "transports/loopback/loopback.hpp"
#include "transports/shared_memory/shared_memory.hpp"
#include "transports/tcp/tcp.hpp"

namespace treering {
namespace {

/// What two members can use between them, as far as the roster tells.
Reach reach_between(const Member& a, const Member& b) {
  if (is_same_process(a, b)) return Reach::loopback;
  return may_share_host(a, b) ? Reach::shared_memory : Reach::tcp;
}

/// `forced` as a Reach, or nothing for "auto".
std::optional<Reach> reach_named(std::string_view forced) {
  if (forced == "loopback") return Reach::loopback;
  if (forced == "shm") return Reach::shared_memory;
  if (forced == "tcp") return Reach::tcp;
  return std::nullopt;
}

/// The farthest over all pairs is found between neighbours of a sorted set of processes and hosts, without looking at pairs.
Reach farthest_of(const Roster& roster) {
  std::set<std::array<std::byte, 16>> hosts, processes;
  for (const Member& member : roster) {
    hosts.insert(member.boot);
    processes.insert(member.process);
  }
  if (hosts.size() > 1) return Reach::tcp;
  return processes.size() > 1 ? Reach::shared_memory : Reach::loopback;
}

}  // namespace

const char* name_of(Reach reach) {
  constexpr const char* names[] = {"loopback", "shared memory", "tcp"};
  return names[static_cast<int>(reach)];
}

Result<std::unique_ptr<Links>> Links::open(const Terms& terms, const Roster& roster, Connector& connector,
                                           const OwnBell& bell) {
  std::unique_ptr<Links> links(new Links);
  const Member& self = roster[static_cast<std::size_t>(terms.rank)];
  const std::optional<Reach> forced = reach_named(terms.forced);
  for (const Member& peer : roster) {
    const Reach nearest = reach_between(self, peer);
    if (forced && nearest > *forced)
      return Error{Code::invalid_usage,
                   fmt::format("the transport {} cannot join {} to {} (TREERING_TRANSPORT asks for it, but the two are {}) "
                               "set TREERING_TRANSPORT=auto",
                               name_of(*forced), name_of(self), name_of(peer),
                               nearest == Reach::tcp ? "on different hosts" : "different processes")};
    links->reach_.push_back(forced.value_or(nearest));
    links->ranks_here_ += may_share_host(self, peer) && peer.rank != self.rank;
  }
  links->farthest_ = forced.value_or(farthest_of(roster));
  links->make_transports(terms, static_cast<Rank>(roster.size()), connector, bell);
  return links;
}

void Links::make_transports(const Terms& terms, Rank ranks, Connector& connector, const OwnBell& bell) {
  const auto needed = [&](Reach reach) {
    for (Rank peer = 0; peer < ranks; ++peer)
      if (peer != terms.rank && reach_[static_cast<std::size_t>(peer)] == reach) return true;
    return false;
  };
  if (needed(Reach::loopback))
    transports_[0] = std::make_unique<Loopback>(terms.communicator, terms.rank, ranks, bell.bell(), terms.window_bytes);
  if (needed(Reach::shared_memory))
    transports_[1] = std::make_unique<SharedMemory>(connector, terms.rank, ranks, bell, terms.window_bytes);
  if (needed(Reach::tcp))
    transports_[2] = std::make_unique<Tcp>(connector, terms.rank, ranks, bell.bell(), terms.window_bytes);
  for (const auto& transport : transports_)
    if (transport) in_use_.push_back(transport.get());
}

std::string Links::describe() const {
  std::size_t peers[3] = {};
  for (const Reach reach : reach_) ++peers[static_cast<int>(reach)];
  std::string text;
  for (const Reach reach : {Reach::loopback, Reach::shared_memory, Reach::tcp}) {
    // A rank counts itself among those it reaches best; it is no peer.
    const std::size_t self = reach == *std::min_element(reach_.begin(), reach_.end()) ? 1 : 0;
    const std::size_t count = peers[static_cast<int>(reach)] - std::min(self, peers[static_cast<int>(reach)]);
    if (count > 0) text += fmt::format("{}{} over {}", text.empty() ? "" : ", ", count, name_of(reach));
  }
  return text.empty() ? "no peers" : text;
}

void Links::close() {
  for (Transport* transport : in_use_) transport->close();
}

}  // namespace treering
