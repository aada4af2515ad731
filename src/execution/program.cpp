#include "execution/program.hpp"

#include <algorithm>

namespace treering {
namespace {

struct Range {
  Buffer buffer;
  std::uint64_t first, end;
};

/// What the steps of a lane store, from some step on.
class Stores {
 public:
  void add(const Lane& lane, const Step& step) {
    for (const Act& word : lane.words(step))
      if (word.verb == Verb::store) add({word.buffer, word.first, word.first + step.count});
  }
  bool overlap(const Range& range) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& stored) {
      return stored.buffer == range.buffer && stored.first < range.end && range.first < stored.end;
    });
  }

 private:
  void add(const Range& range) {
    // Rings store neighbouring blocks one after another: one range that grows, not p of them.
    for (Range& stored : ranges_)
      if (stored.buffer == range.buffer && range.first <= stored.end && stored.first <= range.end) {
        stored.first = std::min(stored.first, range.first);
        stored.end = std::max(stored.end, range.end);
        return;
      }
    ranges_.push_back(range);
  }
  std::vector<Range> ranges_;
};

/// Follows where the running value lies while a sentence is read, if it lies in memory at all.
class Whereabouts {
 public:
  void hear(const Act& word) {
    if (word.verb == Verb::send) return;
    in_memory_ = word.verb == Verb::store || (!heard_ && (word.verb == Verb::own || word.verb == Verb::read));
    if (in_memory_) place_ = word;
    heard_ = true;
  }
  /// Null: in no memory.
  const Act* place() const { return in_memory_ ? &place_ : nullptr; }

 private:
  Act place_{};
  bool in_memory_ = false;
  bool heard_ = false;
};

class Binder {
 public:
  Binder(Wires& wires, Program& program) : wires_(wires), program_(program) {}

  Result<void> bind(const Lane& lane, LaneIndex index) {
    BoundLane bound{index, lane.circulates, {}, {}, {}};
    bound.steps.reserve(lane.steps.size());
    bound.words.reserve(lane.acts.size());
    for (const Step& step : lane.steps) {
      bound.steps.push_back(
          {step.count, static_cast<std::uint32_t>(bound.words.size()), step.acts, step.after, step.behind, 0});
      Whereabouts value;
      for (const Act& act : lane.words(step)) {
        auto word = bind(act, index, value);
        if (!word) return std::move(word).error();
        if (act.verb == Verb::send && std::ranges::find(bound.senders, word->send) == bound.senders.end())
          bound.senders.push_back(word->send);
        bound.words.push_back(*word);
        value.hear(act);
      }
    }
    forbid_loans_of_what_is_written(lane, bound);
    program_.lanes.push_back(std::move(bound));
    return {};
  }

 private:
  Result<BoundWord> bind(const Act& act, LaneIndex lane, const Whereabouts& value) {
    BoundWord word{act.verb, act.buffer, false, false, act.peer, act.first, {nullptr}};
    if (act.verb == Verb::recv) {
      auto end = wires_.recv_end(act.peer, lane);
      if (!end) return std::move(end).error();
      word.recv = *end;
    }
    if (act.verb == Verb::send) {
      auto end = wires_.send_end(act.peer, lane);
      if (!end) return std::move(end).error();
      word.send = *end;
      if (const Act* place = value.place()) {
        word.may_lend = true;
        word.lends_own = place->verb == Verb::own;
        word.buffer = place->buffer;
        word.first = place->first;
      }
    }
    return word;
  }

  /// A loan is read as late as the peer likes, so its memory must not change before the operation is over.
  static void forbid_loans_of_what_is_written(const Lane& lane, BoundLane& bound) {
    Stores later;
    for (std::size_t i = lane.steps.size(); i-- > 0;) {
      const BoundStep& step = bound.steps[i];
      bool stored_after_in_sentence = false;
      for (std::uint32_t k = step.words; k-- > 0;) {
        BoundWord& word = bound.words[step.word + k];
        if (word.verb == Verb::store) stored_after_in_sentence = true;
        if (word.verb != Verb::send || !word.may_lend) continue;
        word.may_lend = !stored_after_in_sentence && !later.overlap({word.buffer, word.first, word.first + step.count});
      }
      later.add(lane, lane.steps[i]);
    }
  }

  Wires& wires_;
  Program& program_;
};

}  // namespace

Result<Program> bind(const Schedule& schedule, Wires& wires, LaneIndex first_lane) {
  if (const std::string& fault = fault_of(schedule); !fault.empty())
    return Error{Code::internal_error, "the plan cannot be run (" + fault + ") report this as a defect of Treering"};
  Program program;
  program.scratch = schedule.scratch;
  Binder binder(wires, program);
  LaneIndex index = first_lane;
  for (const Lane& lane : schedule.lanes)
    if (auto bound = binder.bind(lane, index++); !bound) return std::move(bound).error();
  return program;
}

}  // namespace treering
