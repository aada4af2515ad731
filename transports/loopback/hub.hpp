// Where the ranks of one communicator that are threads of this process meet.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "transports/mapping.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering {

/// Owns the wires, which live until the last rank has left: a peer may look at one longer than its other end. Any
/// thread.
class LoopbackHub {
 public:
  explicit LoopbackHub(Rank ranks) : members_(static_cast<std::size_t>(ranks)) {}

  /// The one with this number; made for the first rank that asks.
  static std::shared_ptr<LoopbackHub> of(std::uint64_t communicator, Rank ranks);

  Rank ranks() const { return static_cast<Rank>(members_.size()); }

  /// False: somebody is this rank already.
  bool join(Rank rank, const Bell& bell);

  enum class Leaving : std::uint8_t { after_goodbye, without_a_word };
  void leave(Rank rank, Leaving how);

  /// The bell of `rank`. Nothing: it has not joined yet; `asker` will have news when it does.
  std::optional<Bell> bell_of(Rank rank, Rank asker);

  /// The wire from one rank to another; made when first asked for.
  Result<Wire> wire(Rank from, Rank to, LaneIndex lane, std::uint64_t ring_bytes);

  /// Has something changed for `rank` since it last asked? One relaxed load if not.
  bool has_news(Rank rank) {
    auto& news = member(rank).news;
    return news.load(std::memory_order_relaxed) && news.exchange(false, std::memory_order_acq_rel);
  }

  /// The first rank that left without a word, or nobody.
  Rank lost() const { return lost_.load(std::memory_order_acquire); }

 private:
  struct Member {
    std::optional<Bell> bell;  // from joining on, and kept when the rank has left: it may be rung once more
    bool present = false;
    std::vector<Rank> awaited_by;
    std::atomic<bool> news{false};
  };
  Member& member(Rank rank) { return members_[static_cast<std::size_t>(rank)]; }
  void tell(Rank rank);

  std::mutex mutex_;
  std::vector<Member> members_;
  std::map<std::tuple<Rank, Rank, LaneIndex>, Mapping> wires_;
  std::atomic<Rank> lost_{nobody};
};

}  // namespace treering
