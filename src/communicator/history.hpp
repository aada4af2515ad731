// The last collectives that a rank has started: written by its thread at every call, read by the service thread when a
// peer asks why it waits. No locks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "communicator/request.hpp"

namespace treering {

/// A signature as plain words, for the history and for messages.
using SignatureWords = std::array<std::uint64_t, 4>;
SignatureWords to_words(const Signature& signature);
/// Nothing if a field is out of its range: words come from peers.
std::optional<Signature> from_words(const SignatureWords& words);

class History {
 public:
  /// The owner's thread. Collectives of a communicator are numbered from 1, alike on all ranks.
  std::uint64_t note(const SignatureWords& signature);

  /// Any thread. How many were started so far.
  std::uint64_t last() const { return last_.load(std::memory_order_acquire); }

  /// Any thread. Nothing if number `number` is not started yet, or too long ago.
  std::optional<Signature> at(std::uint64_t number) const;

 private:
  static constexpr std::size_t kept = 64;
  struct Entry {
    std::atomic<std::uint64_t> number{0};  // 0 while it is being written
    std::array<std::atomic<std::uint64_t>, 4> words{};
  };
  std::array<Entry, kept> entries_;
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace treering
