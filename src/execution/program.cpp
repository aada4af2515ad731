#include "execution/program.hpp"

#include <algorithm>

namespace treering {
namespace {

struct Range {
  Buffer buffer;
  std::uint64_t first, end;
};

Range range_of(const Act& act, std::uint64_t count) {
  return {act.buffer, act.first, act.first + count};
}

/// A step that only stores what a peer sends.
bool only_hears(std::span<const Act> acts) {
  return acts.size() == 2 && acts[0].verb == Verb::recv && acts[1].verb == Verb::store;
}
/// A step that only tells a peer what this rank contributes.
bool only_tells(std::span<const Act> acts) {
  return acts.size() == 2 && acts[0].verb == Verb::own && acts[1].verb == Verb::send;
}

bool gives(std::span<const Act> acts) {
  return std::ranges::any_of(acts, [](const Act& act) { return act.verb == Verb::store || act.verb == Verb::send; });
}

/// A step that sends two and more times, and always the same.
bool sends_one_value(std::span<const Act> acts) {
  const auto sends = [](const Act& act) { return act.verb == Verb::send; };
  const auto first = std::ranges::find_if(acts, sends);
  return std::count_if(first, acts.end(), sends) > 1 &&
         std::all_of(first, acts.end(), [&](const Act& act) { return sends(act) || act.verb == Verb::store; });
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

template <class End>
void add_once(std::vector<End*>& ends, End* end) {
  if (std::ranges::find(ends, end) == ends.end()) ends.push_back(end);
}

/// What the steps of a lane store, or read, from some step on.
class Places {
 public:
  void add(const Range& range) {
    // Rings store neighbouring blocks one after another: one range that grows, not p of them.
    for (Range& known : ranges_)
      if (known.buffer == range.buffer && range.first <= known.end && known.first <= range.end) {
        known.first = std::min(known.first, range.first);
        known.end = std::max(known.end, range.end);
        return;
      }
    ranges_.push_back(range);
  }
  bool overlap(const Range& range) const {
    return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& known) {
      return known.buffer == range.buffer && known.first < range.end && range.first < known.end;
    });
  }

 private:
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
    BoundLane bound{index, lane.circulates, {}, {}, {}, {}};
    bound.steps.reserve(lane.steps.size());
    bound.words.reserve(lane.acts.size());
    for (const Step& step : lane.steps) {
      bound.steps.push_back({step.count, static_cast<std::uint32_t>(bound.words.size()), step.acts, step.after,
                             step.behind, 0, gives(lane.words(step)), sends_one_value(lane.words(step))});
      bound.most_words = std::max(bound.most_words, step.acts);
      Whereabouts value;
      for (const Act& act : lane.words(step)) {
        auto word = bind(act, index, value);
        if (!word) return std::move(word).error();
        if (act.verb == Verb::send) add_once(bound.senders, word->send);
        if (act.verb == Verb::recv) add_once(bound.receivers, word->recv);
        bound.words.push_back(*word);
        value.hear(act);
      }
    }
    look_ahead(lane, bound);
    let_land(lane, bound);
    program_.lanes.push_back(std::move(bound));
    return {};
  }

 private:
  Result<BoundWord> bind(const Act& act, LaneIndex lane, const Whereabouts& value) {
    BoundWord word{act.verb, role_of(act.verb), act.buffer, false, false, false, false, act.peer, act.first, {nullptr}};
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

  /// What other steps do with the memory of a step. A loan is read as late as the peer likes, so its memory must not
  /// change before the operation is over. Streaming is for what no step reads: what was read is in the caches already,
  /// and what will be had better be.
  void look_ahead(const Lane& lane, BoundLane& bound) {
    Places stored, taken;
    for (const Step& step : lane.steps)
      for (const Act& act : lane.words(step))
        if (act.verb == Verb::own || act.verb == Verb::read) taken.add(range_of(act, step.count));
    for (std::size_t i = lane.steps.size(); i-- > 0;) {
      const BoundStep& step = bound.steps[i];
      const auto range = [&](const auto& word) { return Range{word.buffer, word.first, word.first + step.count}; };
      bool stored_after_in_sentence = false;
      for (std::uint32_t k = step.words; k-- > 0;) {
        BoundWord& word = bound.words[step.word + k];
        if (word.verb == Verb::send && word.may_lend)
          word.may_lend = !stored_after_in_sentence && !stored.overlap(range(word));
        if (word.verb == Verb::send) program_.sent += step.count;
        if (word.verb != Verb::store) continue;
        stored_after_in_sentence = true;
        word.may_stream = word.buffer == Buffer::output && !taken.overlap(range(word));
        if (word.may_stream) program_.results += step.count;
      }
      const bool answers = lane.answers && only_hears(lane.words(lane.steps[i]));
      for (const Act& act : lane.words(lane.steps[i])) {
        if (act.verb == Verb::store && !answers) stored.add(range(act));
      }
    }
  }

  /// What only goes to one place may be written there by the peer, before this rank comes to the step, if no other step
  /// has to do with that place, or only one that the peer answers.
  static void let_land(const Lane& lane, BoundLane& bound) {
    Places before, after;
    std::vector<bool> meets_others(lane.steps.size());
    const auto look = [&](std::size_t i, Places& others) {
      const Step& step = lane.steps[i];
      if (lane.answers && only_tells(lane.words(step))) return;
      for (const Act& act : lane.words(step))
        if (in_memory(act)) meets_others[i] = meets_others[i] || others.overlap(range_of(act, step.count));
      for (const Act& act : lane.words(step))
        if (in_memory(act)) others.add(range_of(act, step.count));
    };
    for (std::size_t i = 0; i < lane.steps.size(); ++i) look(i, before);
    for (std::size_t i = lane.steps.size(); i-- > 0;) look(i, after);
    for (std::size_t i = 0; i < lane.steps.size(); ++i) {
      const auto acts = lane.words(lane.steps[i]);
      if (!only_hears(acts) || meets_others[i] || acts[1].buffer != Buffer::output) continue;
      BoundWord& word = bound.words[bound.steps[i].word];
      word.may_land = true;
      word.buffer = acts[1].buffer;
      word.first = acts[1].first;
      bound.lands = true;
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
