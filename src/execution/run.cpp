#include "execution/run.hpp"

#include <algorithm>
#include <limits>

namespace treering {
namespace {

/// The same number on all ranks. Elements that do not divide the ring leave its last bytes unused, so they get half.
std::uint64_t elements_in_a_round(std::uint64_t round_bytes, std::uint64_t element_bytes) {
  if (round_bytes % element_bytes != 0) round_bytes /= 2;
  return std::max<std::uint64_t>(1, round_bytes / element_bytes);
}

Operand::Role role_of(Verb verb) {
  switch (verb) {
    case Verb::own: return Operand::Role::own;
    case Verb::read:
    case Verb::recv: return Operand::Role::take;
    case Verb::finish: return Operand::Role::finish;
    case Verb::store:
    case Verb::send: break;
  }
  return Operand::Role::give;
}

}  // namespace

void LaneRun::begin(const BoundLane& lane, const Work& work, const Pace& pace) {
  lane_ = &lane;
  work_ = &work;
  slice_ = std::max<std::uint64_t>(1, pace.slice_bytes / work.element_bytes);
  round_ = lane.circulates ? elements_in_a_round(pace.round_bytes, work.element_bytes)
                           : std::numeric_limits<std::uint64_t>::max();
  limit_ = round_;
  head_ = 0;
  moved_.assign(lane.steps.size(), 0);
  mismatch_ = nullptr;
  loans_.clear();
}

void LaneRun::note_loans() {
  for (const SendEnd* end : lane_->senders) loans_.push_back(end->lent());
}

bool LaneRun::loans_returned() const {
  for (std::size_t k = 0; k < loans_.size(); ++k)
    if (!lane_->senders[k]->has_returned(loans_[k])) return false;
  return true;
}

bool LaneRun::progress() {
  const auto steps = static_cast<std::uint32_t>(lane_->steps.size());
  bool moved = false;
  for (;;) {
    const std::uint32_t was = head_;
    // Every step that may move must be tried: less is a deadlock.
    for (std::uint32_t i = head_; i < steps && lane_->steps[i].after <= head_; ++i) moved |= advance(i);
    while (head_ < steps && moved_[head_] == end_of(lane_->steps[head_])) ++head_;
    if (head_ == steps ? !next_round() : head_ == was) return moved;
  }
}

bool LaneRun::next_round() {
  if (!lane_->circulates) return false;
  const bool more = std::any_of(lane_->steps.begin(), lane_->steps.end(),
                                [this](const BoundStep& step) { return step.count > limit_; });
  if (!more) return false;
  limit_ += round_;
  head_ = 0;
  return true;
}

bool LaneRun::advance(std::uint32_t step_index) {
  const BoundStep& step = lane_->steps[step_index];
  std::uint64_t& moved = moved_[step_index];
  const std::uint64_t message_end = end_of(step);
  if (moved >= message_end) return false;
  const std::uint64_t permitted = elements_permitted(step, moved, message_end);
  if (permitted == 0) return false;
  const std::uint64_t message_first = lane_->circulates ? limit_ - round_ : 0;

  std::uint64_t count;
  if ((message_end - message_first) * work_->element_bytes <= line_data_bytes) {
    count = message_end - message_first;
    if (permitted < count || !move_small(step, message_first, count)) return false;
  } else {
    const std::uint64_t bytes = (message_end - message_first) * work_->element_bytes;
    if (moved == message_first && !(take_up_messages(step, bytes) && begin_messages(step, bytes))) return false;
    count = elements_possible(step, std::min(permitted, slice_));
    if (count == 0) return false;
    move_slice(step, moved, count, moved + count == message_end);
  }
  moved += count;
  ring_bells(step);
  return true;
}

std::uint64_t LaneRun::elements_permitted(const BoundStep& step, std::uint64_t moved, std::uint64_t end) const {
  std::uint64_t count = end - moved;
  for (std::uint32_t j = std::max(head_, step.after); j < step.behind; ++j)
    if (moved_[j] < end_of(lane_->steps[j])) count = std::min(count, moved_[j] > moved ? moved_[j] - moved : 0);
  return count;
}

bool LaneRun::move_small(const BoundStep& step, std::uint64_t first, std::uint64_t count) {
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    if (word[k].verb == Verb::send && !word[k].send->has_line()) return false;
    if (word[k].verb == Verb::recv && !arrived(step, word[k])) return false;
  }
  operands_.clear();
  for (std::uint32_t k = 0; k < step.words; ++k) {
    std::byte* at = nullptr;
    if (word[k].verb == Verb::recv)
      at = const_cast<std::byte*>(word[k].recv->line());  // taken, never given
    else if (word[k].verb == Verb::send)
      at = word[k].send->line();
    else if (word[k].verb != Verb::finish)
      at = memory(word[k], first);
    operands_.push_back({at, role_of(word[k].verb)});
  }
  compute(count);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    if (word[k].verb == Verb::send) word[k].send->post(digest(step));
    if (word[k].verb == Verb::recv) word[k].recv->release();
  }
  return true;
}

bool LaneRun::arrived(const BoundStep& step, const BoundWord& word) {
  const Arrival arrival = word.recv->arrived(digest(step));
  if (arrival == Arrival::mismatch) mismatch_ = &word;
  return arrival == Arrival::message;
}

bool LaneRun::take_up_messages(const BoundStep& step, std::uint64_t message_bytes) {
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    if (word[k].verb != Verb::recv) continue;
    if (!arrived(step, word[k])) return false;
    const Arrival begun = word[k].recv->begin(message_bytes);
    if (begun == Arrival::mismatch) mismatch_ = &word[k];
    if (begun != Arrival::message) return false;
  }
  return true;
}

bool LaneRun::begin_messages(const BoundStep& step, std::uint64_t message_bytes) {
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words; ++k)
    if (word[k].verb == Verb::send && !word[k].send->has_line()) return false;
  const std::uint64_t first = lane_->circulates ? limit_ - round_ : 0;
  for (std::uint32_t k = 0; k < step.words; ++k) {
    if (word[k].verb != Verb::send) continue;
    SendEnd& end = *word[k].send;
    std::optional<Loan> loan;
    const bool as_it_lies = word[k].may_lend && !(word[k].lends_own && work_->arithmetic.scale);
    if (end.lender && as_it_lies) loan = end.lender->lend(memory(word[k], first), message_bytes);
    end.begin(message_bytes, loan);
  }
  return true;
}

std::uint64_t LaneRun::elements_possible(const BoundStep& step, std::uint64_t count) const {
  const std::uint64_t element = work_->element_bytes;
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words && count > 0; ++k) {
    if (word[k].verb == Verb::recv) count = word[k].recv->available(count * element, element) / element;
    if (word[k].verb == Verb::send && word[k].send->takes_room())
      count = word[k].send->room(count * element, element) / element;
  }
  return count;
}

void LaneRun::move_slice(const BoundStep& step, std::uint64_t moved, std::uint64_t count, bool last) {
  gather_operands(step, moved);
  compute(count);
  const std::uint64_t bytes = count * work_->element_bytes;
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    if (word[k].verb == Verb::send) {
      word[k].send->commit(bytes, digest(step));
      if (last) word[k].send->end();
    }
    if (word[k].verb == Verb::recv) {
      word[k].recv->consume(bytes);
      if (last) word[k].recv->end();
    }
  }
}

Rank LaneRun::waits_for() const {
  for (std::uint32_t i = head_; i < lane_->steps.size() && lane_->steps[i].after <= head_; ++i) {
    const BoundStep& step = lane_->steps[i];
    if (moved_[i] == end_of(step) || elements_permitted(step, moved_[i], end_of(step)) == 0) continue;
    const BoundWord* const word = words(step);
    for (std::uint32_t k = 0; k < step.words; ++k)
      if (word[k].verb == Verb::recv && word[k].recv->arrived(digest(step)) == Arrival::nothing) return word[k].peer;
    // All that it takes is here, so it is somebody who does not take what it gives.
    for (std::uint32_t k = 0; k < step.words; ++k)
      if (word[k].verb == Verb::send) return word[k].peer;
    for (std::uint32_t k = 0; k < step.words; ++k)
      if (word[k].verb == Verb::recv) return word[k].peer;
  }
  return nobody;
}

void LaneRun::gather_operands(const BoundStep& step, std::uint64_t element) {
  const BoundWord* const word = words(step);
  operands_.clear();
  for (std::uint32_t k = 0; k < step.words; ++k) {
    std::byte* at = nullptr;
    if (word[k].verb == Verb::recv) {
      at = const_cast<std::byte*>(word[k].recv->data_at());  // taken, never given
    } else if (word[k].verb == Verb::send) {
      if (word[k].send->lends()) continue;  // the value lies where the peer reads it
      at = word[k].send->room_at();
    } else if (word[k].verb != Verb::finish) {
      at = memory(word[k], element);
    }
    operands_.push_back({at, role_of(word[k].verb)});
  }
}

void LaneRun::compute(std::uint64_t count) {
  const bool gives_nothing =
      std::none_of(operands_.begin(), operands_.end(), [](const Operand& o) { return o.role == Operand::Role::give; });
  if (!gives_nothing)
    work_->kernel(operands_, count * (work_->element_bytes / work_->arithmetic.element_bytes), work_->arithmetic);
}

void LaneRun::ring_bells(const BoundStep& step) const {
  const BoundWord* const word = words(step);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    const Bell* bell = word[k].verb == Verb::send   ? &word[k].send->bell
                       : word[k].verb == Verb::recv ? &word[k].recv->bell
                                                    : nullptr;
    if (bell && bell->doorbell && bell->doorbell->sleeping.load(std::memory_order_relaxed) != Doorbell::awake)
      wake(*bell);
  }
}

}  // namespace treering
