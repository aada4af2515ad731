// What ranks send, receive and combine, by whether it leaves their host.
#pragma once

#include <cstdint>
#include <vector>

namespace treering {

struct Amount {
  std::uint64_t messages = 0;
  std::uint64_t elements = 0;
  void add(std::uint64_t more_messages, std::uint64_t more_elements) {
    messages += more_messages;
    elements += more_elements;
  }
};

/// What passes one kind of way, as one end sees it.
struct Passing {
  Amount sent, received;
  void add(const Passing& more, std::uint64_t times) {
    sent.add(more.sent.messages * times, more.sent.elements * times);
    received.add(more.received.messages * times, more.received.elements * times);
  }
};

/// What one rank does, or all ranks of a host.
struct Tally {
  Passing within = {}, between = {};  ///< its host; hosts
  std::uint64_t folded = 0;
  void add(const Tally& more, std::uint64_t times) {
    within.add(more.within, times);
    between.add(more.between, times);
    folded += more.folded * times;
  }
};

/// What the ranks do, and the longest chain of messages.
struct Counted {
  std::vector<Tally> tallies;
  std::uint64_t chain_ns = 0;
};

}  // namespace treering
