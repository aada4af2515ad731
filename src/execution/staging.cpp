#include "execution/staging.hpp"

#include <algorithm>

namespace treering {
namespace {

/// The first part of the memory, which stays warm as long as it suffices: lines and pages that were used long ago are
/// cold, for every receiver.
constexpr std::uint64_t kept_warm_for_all = 128 << 10;

}  // namespace

std::byte* Staging::room(std::uint64_t bytes) {
  if (bytes < shortest_ || bytes > memory_.size() / 2) return nullptr;
  // Whether receivers are done costs a look at a line of each.
  if (position(bytes) + bytes - got_ > std::min<std::uint64_t>(kept_warm_for_all, memory_.size())) take_back();
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
  const std::uint64_t offset = put_ % memory_.size();
  const std::uint64_t next_round = put_ + memory_.size() - offset;
  if (next_round - put_ < bytes) return next_round;
  const bool is_beginning_free = next_round + bytes - got_ <= memory_.size();
  return offset >= kept_warm_for_all && is_beginning_free ? next_round : put_;
}

void Staging::take_back() {
  const auto is_back = [](const auto& lent) { return lent.first->has_returned(lent.second); };
  while (!kept_.empty() && std::all_of(kept_.front().lent.begin(), kept_.front().lent.end(), is_back)) {
    got_ = kept_.front().end;
    spare_.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  if (kept_.empty()) put_ = got_ = 0;
}

}  // namespace treering
