// Data that flows by the ring's positions and never lies in the ring.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "transports/wire.hpp"

namespace treering {

/// Bytes of the ring that the sender has not put there: its transport, which carries them, takes them from where they
/// lie. For the receiver they are in the ring like any others.
class Elsewhere {
 public:
  /// The ring's next bytes, at position `first` since the wire was opened, lie at `at`.
  void add(std::uint64_t first, std::uint64_t bytes, const std::byte* at) {
    if (put_ != got_) {
      Part& last = parts_[(put_ - 1) % most_parts];
      if (last.end == first && last.at + (last.end - last.first) == at) {
        last.end += bytes;
        return;
      }
    }
    parts_[put_++ % most_parts] = {first, first + bytes, at};
  }

  /// Where the bytes at this position lie, or null: in the ring. As many as lie there, at most `bytes`, are left of it.
  const std::byte* find(std::uint64_t position, std::uint64_t& bytes) const {
    if (put_ == got_) return nullptr;
    const Part& next = parts_[got_ % most_parts];
    bytes = std::min(bytes, (position < next.first ? next.first : next.end) - position);
    return position < next.first ? nullptr : next.at + (position - next.first);
  }
  /// What lies before this position has been taken.
  void taken(std::uint64_t position) {
    while (put_ != got_ && parts_[got_ % most_parts].end <= position) ++got_;
  }

 private:
  struct Part {
    std::uint64_t first, end;
    const std::byte* at;
  };
  // One a message, of which a line each is under way, and one more each time that an element skips the ring's end: at
  // most one ring of bytes is under way.
  static constexpr std::size_t most_parts = 2 * lines_per_wire;
  Part parts_[most_parts];
  std::size_t put_ = 0;
  std::size_t got_ = 0;
};

}  // namespace treering
