// What is to happen, in the order of time; of the same time, in the order in which it was added.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace treering {

struct Event {
  std::uint64_t time_ps = 0;
  std::uint64_t tail_ps = 0;  ///< of a slice: when the last byte has passed the links so far
  std::uint32_t subject = 0;  ///< a wire, or a runner
  std::uint32_t stage = 0;    ///< of a slice: the links behind it
  std::uint32_t bytes = 0;
};

/// A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, Journal of the ACM 37, 1990): nothing is added that lies before what
/// was taken last. Bucket b holds times that differ from that in bit b-1 at most, so an event moves to a lower bucket a
/// few times and is never compared with another. Buckets keep the order in which events were added.
class EventQueue {
 public:
  void add(const Event& event) {
    buckets_[static_cast<std::size_t>(std::bit_width(event.time_ps ^ now_ps_))].push_back(event);
    ++events_;
  }

  bool is_empty() const { return events_ == 0; }

  /// The first, which is taken out. Only where there is one.
  Event take() {
    if (taken_ == buckets_[0].size()) advance();
    --events_;
    return buckets_[0][taken_++];
  }

 private:
  /// To the time of the first event of the lowest bucket that has any.
  void advance() {
    buckets_[0].clear();
    taken_ = 0;
    std::size_t lowest = 1;
    while (buckets_[lowest].empty()) ++lowest;
    std::vector<Event> moving;
    moving.swap(buckets_[lowest]);
    now_ps_ = moving.front().time_ps;
    for (const Event& event : moving) now_ps_ = std::min(now_ps_, event.time_ps);
    for (const Event& event : moving)
      buckets_[static_cast<std::size_t>(std::bit_width(event.time_ps ^ now_ps_))].push_back(event);
    moving.clear();
    buckets_[lowest].swap(moving);  // its memory is of use again
  }

  std::array<std::vector<Event>, 65> buckets_;
  std::size_t taken_ = 0;  // of bucket 0, all of which has the time now_ps_
  std::size_t events_ = 0;
  std::uint64_t now_ps_ = 0;
};

}  // namespace treering
