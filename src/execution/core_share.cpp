#include "execution/core_share.hpp"

#include <algorithm>

namespace treering {

void CoreShare::judge(std::chrono::nanoseconds used) {
  constexpr std::chrono::milliseconds shortest{10}, longest{100};  // enough to judge by; too long to tell of now
  constexpr unsigned fewest = 4;                                   // fewer may be those of a peer that was late
  constexpr int much_less = 4;                                     // less than one part in so many of its share
  constexpr int longest_sentence = 16;                             // yielding costs one part in so many in the long run
  if (watched_ == 0 || left_ - since_ > longest) {
    if (left_ - starved_until_ > longest) sentence_ = 0;
    watched_ = 0;
    since_ = left_;
    used_before_ = used;
  }
  const auto elapsed = back_ - since_;
  if (++watched_ < fewest || elapsed < shortest) return;
  watched_ = 0;
  const bool is_starved = (used - used_before_) * (much_less * ranks_a_core_) < elapsed;
  sentence_ = is_starved ? std::clamp(2 * sentence_, 1, longest_sentence) : 0;
  starved_until_ = back_ + sentence_ * elapsed;
}

}  // namespace treering
