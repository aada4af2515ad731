// Memory of a rank where values that go to several peers are written once, for all of them to read.
//
// Without it, a value that lies in memory which peers cannot see is copied into the ring of every wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "transports/send_end.hpp"

namespace treering {

/// Belongs to the thread that drives its rank.
class Staging {
 public:
  /// Nothing is ever staged.
  Staging() = default;
  /// `memory` is such as peers can read (transports/memory.hpp), and outlives this and every loan of it. A message of
  /// less than `shortest` bytes is copied several times sooner than looked up where it was lent.
  explicit Staging(std::span<std::byte> memory, std::uint64_t shortest = short_message + 1)
      : memory_(memory), shortest_(shortest) {}

  /// Contiguous room for a message, or null: too short, too long, or too much is being read still. Never waits for a
  /// peer, since peers may wait for each other. Nothing is taken before keep().
  std::byte* room(std::uint64_t bytes);

  /// The latest room() is being read by these receivers: each of its messages begins now.
  void keep(std::uint64_t bytes, std::span<SendEnd* const> ends);

 private:
  struct Kept {
    std::uint64_t end;                                     // of the room
    std::vector<std::pair<SendEnd*, std::uint64_t>> lent;  // until when each end must have had its loans back
  };

  void take_back();
  std::uint64_t position(std::uint64_t bytes) const;

  std::span<std::byte> memory_;
  std::uint64_t shortest_ = 0;
  std::uint64_t put_ = 0;  // bytes since the beginning; the room at put_ modulo the size is the next
  std::uint64_t got_ = 0;
  std::deque<Kept> kept_;
  std::vector<Kept> spare_;  // keep their memory
};

}  // namespace treering
