#include "execution/staging.hpp"

#include <algorithm>

namespace treering {
namespace {

/// Whether receivers are done costs a look at a line of theirs. Short messages must not walk on through all the memory
/// for want of a look, since lines that were used long ago are cold.
constexpr std::uint64_t looked_after = 128 << 10;

}  // namespace

std::byte* Staging::room(std::uint64_t bytes) {
  if (bytes < shortest_ || bytes > memory_.size() / 2) return nullptr;
  if (position(bytes) + bytes - got_ > std::min<std::uint64_t>(looked_after, memory_.size())) take_back();
  if (position(bytes) + bytes - got_ > memory_.size()) return nullptr;
  return memory_.data() + position(bytes) % memory_.size();
}

void Staging::keep(std::uint64_t bytes, std::span<SendEnd* const> ends) {
  put_ = position(bytes) + align_up(bytes);
  Kept kept{put_, {}};
  if (!spare_.empty()) {
    kept.lent = std::move(spare_.back().lent);
    spare_.pop_back();
  }
  kept.lent.clear();
  for (SendEnd* end : ends) kept.lent.emplace_back(end, end->lent() + bytes);
  kept_.push_back(std::move(kept));
}

/// The beginning of a room of so many bytes: they never go round the end of the memory.
std::uint64_t Staging::position(std::uint64_t bytes) const {
  const std::uint64_t to_end = memory_.size() - put_ % memory_.size();
  return to_end < bytes ? put_ + to_end : put_;
}

void Staging::take_back() {
  const auto is_back = [](const auto& lent) { return lent.first->has_returned(lent.second); };
  while (!kept_.empty() && std::all_of(kept_.front().lent.begin(), kept_.front().lent.end(), is_back)) {
    got_ = kept_.front().end;
    spare_.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  if (kept_.empty()) put_ = got_ = 0;  // warm
}

}  // namespace treering
