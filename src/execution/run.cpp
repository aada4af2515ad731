#include "execution/run.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "transports/lending.hpp"
#include "transports/recv_end.hpp"
#include "transports/send_end.hpp"

namespace treering {
namespace {

/// The same number on all ranks. Elements that do not divide the ring leave its last bytes unused, so they get half.
std::uint64_t elements_in_a_round(std::uint64_t round_bytes, std::uint64_t element_bytes) {
  if (round_bytes % element_bytes != 0) round_bytes /= 2;
  return std::max<std::uint64_t>(1, round_bytes / element_bytes);
}

Operand::Role role_of(const BoundWord& word, Storing past_caches) {
  if (past_caches == Storing::nothing || word.role != Operand::Role::give) return word.role;
  const bool streams = word.verb == Verb::send ? past_caches == Storing::all : word.may_stream;
  return streams ? Operand::Role::stream : Operand::Role::give;
}

/// Does the message of this word lie in memory of the peer's, to be read or to be written there?
bool visits(const BoundWord& word) {
  return (word.verb == Verb::recv && word.recv->borrows()) || (word.verb == Verb::send && word.send->lands());
}

}  // namespace

void LaneRun::tie(const BoundLane& lane, const Work& work, const Pace& pace, Staging& staging) {
  lane_ = &lane;
  work_ = &work;
  staging_ = &staging;
  parts_ = work.element_bytes / work.arithmetic.element_bytes;
  slice_ = std::max<std::uint64_t>(1, pace.slice_bytes / work.element_bytes);
  round_ = lane.circulates ? elements_in_a_round(pace.round_bytes, work.element_bytes)
                           : std::numeric_limits<std::uint64_t>::max();
  whole_ = longest_whole(2 * pace.round_bytes) / work.element_bytes;
  offers_ = lane.lands && std::ranges::any_of(lane.steps, [this](const auto& step) { return step.count > whole_; });
  moved_.resize(lane.steps.size());
  if (operands_.size() < lane.most_words) operands_.resize(lane.most_words);
}

void LaneRun::begin() {
  limit_ = round_;
  entered_ = false;
  head_ = 0;
  std::ranges::fill(moved_, 0);
  mismatch_ = nullptr;
  loans_.clear();
}

void LaneRun::note_loans() {
  for (const SendEnd* end : lane_->senders) loans_.push_back(end->owed());
}

bool LaneRun::loans_returned() const {
  for (std::size_t k = 0; k < loans_.size(); ++k)
    if (!lane_->senders[k]->has_returned(loans_[k])) return false;
  return true;
}

bool LaneRun::progress() {
  if (!entered_) {
    entered_ = true;
    if (offers_) offer_places();
  }
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
  if (offers_) offer_places();
  return true;
}

/// At the start of each round, before anything of it is sent: a peer whose message waits for one of this rank finds the
/// place of its own.
void LaneRun::offer_places() {
  const std::uint64_t first = first_of_round();
  expected_.clear();
  for (const RecvEnd* end : lane_->receivers) expected_.push_back(end->next_message());
  for (const BoundStep& step : lane_->steps) {
    if (end_of(step) <= first) continue;
    const std::uint64_t count = end_of(step) - first;
    const BoundWord* const word = words(step);
    for (std::uint32_t k = 0; k < step.words; ++k) {
      if (word[k].verb != Verb::recv) continue;
      const auto end = std::ranges::find(lane_->receivers, word[k].recv) - lane_->receivers.begin();
      const std::uint64_t message = expected_[static_cast<std::size_t>(end)]++;
      if (word[k].may_land && count > whole_)
        word[k].recv->offer(message, memory(word[k], first), count * work_->element_bytes);
    }
  }
}

bool LaneRun::advance(std::uint32_t step_index) {
  const BoundStep& step = lane_->steps[step_index];
  std::uint64_t& moved = moved_[step_index];
  const std::uint64_t message_end = end_of(step);
  if (moved >= message_end) return false;
  const std::uint64_t permitted = elements_permitted(step, moved, message_end);
  if (permitted == 0) return false;
  const std::uint64_t message_first = first_of_round();

  std::uint64_t count = message_end - message_first;
  if (count <= whole_) {
    if (permitted < count || !move_whole(step, message_first, count)) return false;
  } else {
    const std::uint64_t bytes = count * work_->element_bytes;
    if (moved == message_first && !(take_up_messages(step, bytes) && begin_messages(step, bytes))) return false;
    count = elements_possible(step, std::min(permitted, slice_));
    if (count == 0 || (visits_ && !enter_memory_of_peers(step))) return false;
    move_slice(step, moved, count, moved + count == message_end);
  }
  moved += count;
  return true;
}

std::uint64_t LaneRun::elements_permitted(const BoundStep& step, std::uint64_t moved, std::uint64_t end) const {
  std::uint64_t count = end - moved;
  for (std::uint32_t j = std::max(head_, step.after); j < step.behind; ++j)
    if (moved_[j] < end_of(lane_->steps[j])) count = std::min(count, moved_[j] > moved ? moved_[j] - moved : 0);
  return count;
}

bool LaneRun::move_whole(const BoundStep& step, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t bytes = count * work_->element_bytes;
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    std::byte* at = nullptr;
    if (word[k].verb == Verb::recv) {
      if (!arrived(step, word[k])) return false;
      at = const_cast<std::byte*>(word[k].recv->place_of_whole(bytes));  // taken, never given
      if (!at) mismatch_ = &word[k];
      if (!at) return false;
    } else if (word[k].verb == Verb::send) {
      at = word[k].send->place_of_whole(bytes);
      if (!at) return false;
    } else if (word[k].verb != Verb::finish) {
      at = memory(word[k], first);
    }
    operands_[k] = {at, word[k].role};
  }
  if (step.gives) work_->kernel({operands_.data(), step.words}, count * parts_, work_->arithmetic);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    if (word[k].verb == Verb::send) {
      word[k].send->post_whole(bytes, digest(step));
      ring_if_asleep(word[k].send->bell);
    } else if (word[k].verb == Verb::recv && word[k].recv->release_whole(bytes)) {
      ring_if_asleep(word[k].recv->bell);  // may wait for room
    }
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
  const bool passes_here =
      std::any_of(word, word + step.words, [](const BoundWord& w) { return w.verb == Verb::recv; });
  copying_.clear();
  for (std::uint32_t k = 0; k < step.words; ++k)
    if (word[k].verb == Verb::send && !begin_in_place(word[k], message_bytes, passes_here))
      copying_.push_back(word[k].send);
  if (step.sends_one_value && copying_.size() > 1 && begin_staged(message_bytes)) return true;
  for (SendEnd* end : copying_) end->begin(message_bytes, std::nullopt);
  return true;
}

/// True: the data need not be copied for the peer. A value that passes through this processor anyway had better be
/// written to its place at once; one that only lies in memory had better be fetched by those who want it, all at the
/// same time.
bool LaneRun::begin_in_place(const BoundWord& word, std::uint64_t bytes, bool passes_here) {
  SendEnd& end = *word.send;
  std::byte* landing = passes_here ? end.landing(bytes) : nullptr;
  std::optional<Loan> loan;
  const bool as_it_lies = word.may_lend && !(word.lends_own && work_->arithmetic.scale);
  if (!landing && end.lender && as_it_lies) loan = end.lender->lend(memory(word, first_of_round()), bytes);
  if (!landing && !loan) landing = end.landing(bytes);
  if (!landing && !loan) return false;
  end.begin(bytes, loan, landing);
  return true;
}

/// One copy for all. False: by the rings, then.
bool LaneRun::begin_staged(std::uint64_t bytes) {
  std::byte* to = staging_->room(bytes);
  std::optional<Loan> loan;
  for (const SendEnd* end : copying_) {
    if (!to || !end->stages) return false;
    loan = end->lender->lend(to, bytes);  // the same for all
    if (!loan) return false;
  }
  staging_->keep(bytes, copying_);
  for (SendEnd* end : copying_) end->begin_staged(bytes, *loan, std::exchange(to, nullptr));
  return true;
}

/// False: a peer has withdrawn what it had lent or offered, and its operation has failed.
bool LaneRun::enter_memory_of_peers(const BoundStep& step) {
  const BoundWord* const word = words(step);
  const auto each = [&](auto&& what) {
    for (std::uint32_t k = 0; k < step.words; ++k)
      if (visits(word[k])) word[k].verb == Verb::recv ? what(*word[k].recv) : what(*word[k].send);
  };
  each([](auto& end) { end.enter(); });
  std::atomic_thread_fence(std::memory_order_seq_cst);  // the other half is in Engine::withdraw()
  bool locked_out = false;
  each([&](const auto& end) { locked_out |= end.is_locked_out(); });
  if (locked_out) leave_memory_of_peers(step);
  return !locked_out;
}

void LaneRun::leave_memory_of_peers(const BoundStep& step) {
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words; ++k)
    if (visits(word[k])) word[k].verb == Verb::recv ? word[k].recv->leave() : word[k].send->leave();
}

std::uint64_t LaneRun::elements_possible(const BoundStep& step, std::uint64_t count) {
  const std::uint64_t element = work_->element_bytes;
  const BoundWord* const word = words(step);
  visits_ = false;
  for (std::uint32_t k = 0; k < step.words && count > 0; ++k) {
    visits_ |= visits(word[k]);
    std::uint64_t bytes = count * element;
    if (word[k].verb == Verb::recv) bytes = word[k].recv->available(bytes, element);
    if (word[k].verb == Verb::send) bytes = word[k].send->room(bytes, element);
    if (bytes != count * element) count = bytes / element;
  }
  return count;
}

void LaneRun::move_slice(const BoundStep& step, std::uint64_t moved, std::uint64_t count, bool last) {
  const std::uint32_t operands = gather_operands(step, moved);
  try {
    compute(operands, count);
  } catch (...) {  // a user's operator
    if (visits_) leave_memory_of_peers(step);
    throw;
  }
  if (visits_) leave_memory_of_peers(step);
  const std::uint64_t bytes = count * work_->element_bytes;
  const BoundWord* const word = words(step);
  for (std::uint32_t k = 0; k < step.words; ++k) {
    if (word[k].verb == Verb::send) {
      word[k].send->commit(bytes, digest(step));
      if (last) word[k].send->end();
      ring_if_asleep(word[k].send->bell);
    } else if (word[k].verb == Verb::recv) {
      word[k].recv->consume(bytes);
      if (last) word[k].recv->end();
      ring_if_asleep(word[k].recv->bell);  // may wait for room
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

/// How many operands there are: none where the peer has given the result to its place.
std::uint32_t LaneRun::gather_operands(const BoundStep& step, std::uint64_t element) {
  const BoundWord* const word = words(step);
  std::uint32_t operands = 0;
  for (std::uint32_t k = 0; k < step.words; ++k) {
    std::byte* at = nullptr;
    if (word[k].verb == Verb::recv) {
      if (word[k].recv->lands()) return 0;
      at = const_cast<std::byte*>(word[k].recv->data_at());  // taken, never given
    } else if (word[k].verb == Verb::send) {
      if (word[k].send->lends()) continue;  // the value lies where the peer reads it
      at = word[k].send->room_at();
    } else if (word[k].verb != Verb::finish) {
      at = memory(word[k], element);
    }
    operands_[operands++] = {at, role_of(word[k], work_->past_caches)};
  }
  return operands;
}

void LaneRun::compute(std::uint32_t operands, std::uint64_t count) {
  const std::span sentence(operands_.data(), operands);
  if (std::any_of(sentence.begin(), sentence.end(), [](const Operand& word) { return gives(word); }))
    work_->kernel(sentence, count * parts_, work_->arithmetic);
}

}  // namespace treering
