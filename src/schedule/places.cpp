#include "schedule/places.hpp"

#include <array>
#include <string>
#include <utility>

namespace treering {
namespace {

std::size_t index_of(Buffer buffer) {
  return static_cast<std::size_t>(buffer);
}

/// A number for each element of a rank's memory.
template <class T>
std::array<std::vector<T>, 3> map_of(const Schedule& schedule, const Extent& extent, T value) {
  return {std::vector<T>(extent.input, value), std::vector<T>(extent.output, value),
          std::vector<T>(schedule.scratch, value)};
}

Error refused(std::string what) {
  return Error{Code::internal_error, std::move(what)};
}

std::string at(Rank rank, std::size_t lane, std::size_t step) {
  return "rank " + std::to_string(rank) + " lane " + std::to_string(lane) + " step " + std::to_string(step);
}

Result<void> in_bounds(const Schedule& schedule, Rank rank, const Extent& extent) {
  for (std::size_t l = 0; l < schedule.lanes.size(); ++l)
    for (std::size_t i = 0; i < schedule.lanes[l].steps.size(); ++i) {
      const Step& step = schedule.lanes[l].steps[i];
      for (const Act& word : schedule.lanes[l].words(step)) {
        if (!in_memory(word)) continue;
        const std::uint64_t size = size_of(word.buffer, extent, schedule);
        if (word.first > size || step.count > size - word.first)
          return refused(at(rank, l, i) + " touches elements " + std::to_string(word.first) + " to " +
                         std::to_string(word.first + step.count - 1) + " of the " + name_of(word.buffer) + " (it has " +
                         std::to_string(size) + ")");
        if (word.verb == Verb::store && word.buffer == Buffer::input)
          return refused(at(rank, l, i) + " stores to the input (it is the caller's; in place, say output)");
      }
    }
  return {};
}

/// Walks through every element that the lanes touch; `mark` returns false where lane `l` must not.
template <class Mark>
Result<void> for_each_touch(const Schedule& schedule, Rank rank, Mark mark) {
  for (std::size_t l = 0; l < schedule.lanes.size(); ++l)
    for (std::size_t i = 0; i < schedule.lanes[l].steps.size(); ++i) {
      const Step& step = schedule.lanes[l].steps[i];
      for (const Act& word : schedule.lanes[l].words(step))
        for (std::uint64_t e = word.first; in_memory(word) && e < word.first + step.count; ++e)
          if (!mark(l, word, e))
            return refused(at(rank, l, i) + " touches element " + std::to_string(e) + " of the " +
                           name_of(word.buffer) + ", where another lane stores (lanes never wait for one another)");
    }
  return {};
}

Result<void> lanes_disjoint(const Schedule& schedule, Rank rank, const Extent& extent) {
  constexpr std::uint32_t free = UINT32_MAX;
  auto owner = map_of(schedule, extent, free);  // the lane that stores there
  auto disjoint = for_each_touch(schedule, rank, [&](std::size_t lane, const Act& word, std::uint64_t element) {
    if (word.verb != Verb::store) return true;
    std::uint32_t& mine = owner[index_of(word.buffer)][element];
    if (mine == free) mine = static_cast<std::uint32_t>(lane);
    return mine == lane;
  });
  if (!disjoint) return disjoint;
  return for_each_touch(schedule, rank, [&](std::size_t lane, const Act& word, std::uint64_t element) {
    const std::uint32_t theirs = owner[index_of(word.buffer)][element];
    return theirs == free || theirs == lane;
  });
}

}  // namespace

std::uint64_t size_of(Buffer buffer, const Extent& extent, const Schedule& schedule) {
  switch (buffer) {
    case Buffer::input: return extent.input;
    case Buffer::output: return extent.output;
    case Buffer::scratch: return schedule.scratch;
  }
  return 0;
}

const char* name_of(Buffer buffer) {
  constexpr const char* names[] = {"input", "output", "scratch"};
  return names[index_of(buffer)];
}

Result<void> places_fit(const Schedule& schedule, Rank rank, const Extent& extent) {
  if (auto fit = in_bounds(schedule, rank, extent); !fit) return fit;
  return schedule.lanes.size() < 2 ? Result<void>{} : lanes_disjoint(schedule, rank, extent);
}

std::vector<Lendable> lendables_of(const Lane& lane, const Schedule& schedule, const Extent& extent) {
  // The last word (+1) of the lane that stores to each element. Words lie in the order of the steps.
  auto last_store = map_of(schedule, extent, std::uint32_t{0});
  for (const Step& step : lane.steps)
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
      const Act& word = lane.acts[a];
      for (std::uint64_t e = 0; word.verb == Verb::store && e < step.count; ++e)
        last_store[index_of(word.buffer)][word.first + e] = a + 1;
    }
  std::vector<Lendable> loans(lane.acts.size());
  for (const Step& step : lane.steps) {
    Lendable lies;
    bool has_value = false;
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
      const Act& word = lane.acts[a];
      if (word.verb == Verb::send) {
        loans[a] = lies;
        continue;
      }
      lies = {};
      if (word.verb == Verb::store || (in_memory(word) && !has_value)) {
        lies = {a, true};
        for (std::uint64_t e = 0; e < step.count && lies.safe; ++e)
          lies.safe = last_store[index_of(word.buffer)][word.first + e] <= a + 1;
      }
      has_value = true;
    }
  }
  return loans;
}

}  // namespace treering
