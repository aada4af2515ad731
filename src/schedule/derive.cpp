// Dependencies, derived when a sentence ends from what it touches:
//   a wire serves one step at a time                                                      -> after
//   overlapping memory with a store in it, the later step lying no further on             -> behind (slice by slice)
//   overlapping memory with a store in it, the later step lying further on                -> after (as a whole)
#include <algorithm>

#include "schedule/language.hpp"

namespace treering {
namespace {

/// Do a (of a step of na elements) and b (of nb) meet in memory, one of them writing?
bool conflict(const Act& a, std::uint64_t na, const Act& b, std::uint64_t nb) {
  return in_memory(a) && in_memory(b) && (a.verb == Verb::store || b.verb == Verb::store) && a.buffer == b.buffer &&
         a.first < b.first + nb && b.first < a.first + na;
}

bool same_wire(const Act& a, const Act& b) {
  return on_wire(a) && a.verb == b.verb && a.peer == b.peer;
}

/// What is wrong inside one sentence, or null.
const char* mistake_in(std::span<const Act> words, std::uint64_t count) {
  if (!gives(words.back())) return "a sentence takes a value from a wire and passes it on to nobody";
  for (std::size_t a = 0; a < words.size(); ++a)
    for (std::size_t b = a + 1; b < words.size(); ++b) {
      if (same_wire(words[a], words[b])) return "a sentence names the same wire twice";
      const bool overwrites_in_place = words[b].verb == Verb::store && words[a].first == words[b].first;
      if (conflict(words[a], count, words[b], count) && !overwrites_in_place)
        return "a sentence reads and writes overlapping memory";
    }
  return nullptr;
}

}  // namespace

Lane::Sentence Lane::step(std::uint64_t count) {
  return Sentence(*this, count);
}

void Lane::copy(std::uint64_t count, Place from, Place to) {
  if (from.buffer != to.buffer || from.first != to.first) step(count).read(from).store(to);
}

Lane::Sentence::Sentence(Lane& lane, std::uint64_t count) : lane_(lane) {
  // A sentence that has ended has words, or its step is gone.
  if (!lane.steps.empty() && lane.steps.back().acts == 0 && lane.fault.empty())
    lane.fault = "step " + std::to_string(lane.steps.size()) + ": a sentence begins before the one before it has ended";
  lane.steps.push_back({count, static_cast<std::uint32_t>(lane.acts.size()), 0, 0, 0});
}

Lane::Sentence& Lane::Sentence::take(Act act) {
  has_value_ = true;
  lane_.acts.push_back(act);
  return *this;
}

Lane::Sentence& Lane::Sentence::recv(Rank from) {
  return from == nobody ? *this : take({0, from, Verb::recv, Buffer::input});
}

Lane::Sentence& Lane::Sentence::finish() {
  if (has_value_) lane_.acts.push_back({0, nobody, Verb::finish, Buffer::input});
  return *this;
}

Lane::Sentence& Lane::Sentence::store(Place place) {
  if (has_value_) lane_.acts.push_back({place.first, nobody, Verb::store, place.buffer});
  return *this;
}

Lane::Sentence& Lane::Sentence::send(Rank to) {
  if (has_value_ && to != nobody) lane_.acts.push_back({0, to, Verb::send, Buffer::input});
  return *this;
}

void Lane::end_sentence() {
  Step& step = steps.back();
  const auto unheard = [](const Act& act) { return !gives(act) && act.verb != Verb::recv; };
  // What is read at the end and passed on to nobody need not be said; an empty block is no step at all.
  while (acts.size() > step.act && (step.count == 0 || unheard(acts.back()))) acts.pop_back();
  step.acts = static_cast<std::uint32_t>(acts.size()) - step.act;
  if (step.acts == 0) {
    steps.pop_back();
    return;
  }
  if (const char* mistake = mistake_in(words(step), step.count); mistake && fault.empty())
    fault = "step " + std::to_string(steps.size() - 1) + ": " + mistake;
  derive_last();
}

void Lane::derive_last() {
  Step& step = steps.back();
  const auto mine = words(step);
  const auto last = static_cast<std::uint32_t>(steps.size() - 1);
  step.after = last > 0 ? steps[last - 1].after : 0;
  if (ahead > 0 && last >= ahead) step.after = std::max(step.after, last - ahead + 1);
  // Steps before `after` are over when this one starts, so they need no look: derivation is linear for every algorithm
  // that meets its wires again and again.
  for (std::uint32_t j = last; j-- > step.after;)
    for (const Act& theirs : words(steps[j]))
      for (const Act& word : mine) {
        if (same_wire(theirs, word)) {
          step.after = std::max(step.after, j + 1);
        } else if (conflict(theirs, steps[j].count, word, step.count)) {
          if (word.first <= theirs.first) {
            step.behind = std::max(step.behind, j + 1);
          } else {
            step.after = std::max(step.after, j + 1);
            if (circulates && fault.empty())
              fault = "step " + std::to_string(last) + ": a circulating lane cannot wait for step " +
                      std::to_string(j) + " as a whole, it runs in rounds";
          }
        }
      }
  step.behind = std::max(step.behind, step.after);
}

const std::string& fault_of(const Schedule& schedule) {
  static const std::string none;
  for (const Lane& lane : schedule.lanes)
    if (!lane.fault.empty()) return lane.fault;
  return none;
}

}  // namespace treering
