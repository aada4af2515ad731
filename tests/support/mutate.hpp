// Schedules with one thing broken: they check the checker, and the tests that use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "schedule/language.hpp"
#include "schedule/text.hpp"

namespace treering::test {

using Schedules = std::vector<Schedule>;

/// The schedules of all ranks, one thing in one of them changed.
struct Mutant {
  std::string what;  ///< "rank 1 lane 0 step 2 (recv 0 . store output): after lowered to 1"
  Schedules schedules;
};

namespace mutation {

/// Where a mutation takes place.
struct Site {
  std::size_t rank, lane, step;
};

inline Lane& lane_at(Schedules& schedules, const Site& site) {
  return schedules[site.rank].lanes[site.lane];
}
inline Step& step_at(Schedules& schedules, const Site& site) {
  return lane_at(schedules, site).steps[site.step];
}

/// Adds `original` with `change` made to the step at `site`.
inline void add(std::vector<Mutant>& mutants, const Schedules& original, const Site& site, const std::string& what,
                const std::function<void(Schedules&)>& change) {
  const Lane& lane = original[site.rank].lanes[site.lane];
  Mutant mutant{"rank " + std::to_string(site.rank) + " lane " + std::to_string(site.lane) + " step " +
                    std::to_string(site.step) + " (" + text_of(lane, lane.steps[site.step]) + "): " + what,
                original};
  change(mutant.schedules);
  mutants.push_back(std::move(mutant));
}

/// Calls at(site, lane, step) for every step of every rank.
inline void for_each_step(const Schedules& schedules,
                          const std::function<void(const Site&, const Lane&, const Step&)>& at) {
  for (std::size_t rank = 0; rank < schedules.size(); ++rank)
    for (std::size_t lane = 0; lane < schedules[rank].lanes.size(); ++lane)
      for (std::size_t step = 0; step < schedules[rank].lanes[lane].steps.size(); ++step)
        at({rank, lane, step}, schedules[rank].lanes[lane], schedules[rank].lanes[lane].steps[step]);
}

/// Calls at(site, index, word) for every word of every step; `index` is the word's in its step.
inline void for_each_word(const Schedules& schedules,
                          const std::function<void(const Site&, std::uint32_t, const Act&)>& at) {
  for_each_step(schedules, [&](const Site& site, const Lane& lane, const Step& step) {
    for (std::uint32_t w = 0; w < step.acts; ++w) at(site, w, lane.acts[step.act + w]);
  });
}

inline Act& word_at(Schedules& schedules, const Site& site, std::uint32_t index) {
  return lane_at(schedules, site).acts[step_at(schedules, site).act + index];
}

/// Takes a word out of its step; other steps keep theirs.
inline void erase_word(Schedules& schedules, const Site& site, std::uint32_t index) {
  Lane& lane = lane_at(schedules, site);
  Step& step = step_at(schedules, site);
  lane.acts.erase(lane.acts.begin() + step.act + index);
  --step.acts;
  for (std::size_t later = site.step + 1; later < lane.steps.size(); ++later) --lane.steps[later].act;
}

}  // namespace mutation

/// Each derived `after` lowered by one, so that the step is followed element by element instead of awaited; where
/// `behind` says no more than `after`, both lowered as well, so that the step is forgotten.
inline std::vector<Mutant> after_lowered(const Schedules& schedules) {
  std::vector<Mutant> mutants;
  mutation::for_each_step(schedules, [&](const mutation::Site& site, const Lane& lane, const Step& step) {
    if (step.after == 0 || (site.step > 0 && lane.steps[site.step - 1].after == step.after)) return;
    const std::string lowered = "lowered to " + std::to_string(step.after - 1);
    mutation::add(mutants, schedules, site, "after " + lowered,
                  [&](Schedules& mutant) { --mutation::step_at(mutant, site).after; });
    if (step.behind == step.after)
      mutation::add(mutants, schedules, site, "after and behind " + lowered, [&](Schedules& mutant) {
        --mutation::step_at(mutant, site).after;
        --mutation::step_at(mutant, site).behind;
      });
  });
  return mutants;
}

/// Each derived `behind` that goes beyond `after` lowered by one.
inline std::vector<Mutant> behind_lowered(const Schedules& schedules) {
  std::vector<Mutant> mutants;
  mutation::for_each_step(schedules, [&](const mutation::Site& site, const Lane&, const Step& step) {
    if (step.behind > step.after)
      mutation::add(mutants, schedules, site, "behind lowered to " + std::to_string(step.behind - 1),
                    [&](Schedules& mutant) { --mutation::step_at(mutant, site).behind; });
  });
  return mutants;
}

/// Each step made to do nothing.
inline std::vector<Mutant> step_dropped(const Schedules& schedules) {
  std::vector<Mutant> mutants;
  mutation::for_each_step(schedules, [&](const mutation::Site& site, const Lane&, const Step& step) {
    mutation::add(mutants, schedules, site, "dropped", [&](Schedules& mutant) {
      for (std::uint32_t w = step.acts; w-- > 0;) mutation::erase_word(mutant, site, w);
    });
  });
  return mutants;
}

/// Each word but those on wires left out: an own, a read, a finish, a store.
inline std::vector<Mutant> word_dropped(const Schedules& schedules) {
  std::vector<Mutant> mutants;
  mutation::for_each_word(schedules, [&](const mutation::Site& site, std::uint32_t index, const Act& word) {
    if (!on_wire(word))
      mutation::add(mutants, schedules, site, "word " + std::to_string(index) + " dropped",
                    [&](Schedules& mutant) { mutation::erase_word(mutant, site, index); });
  });
  return mutants;
}

/// Each two neighbouring words that take a value, swapped.
inline std::vector<Mutant> operands_swapped(const Schedules& schedules) {
  std::vector<Mutant> mutants;
  mutation::for_each_step(schedules, [&](const mutation::Site& site, const Lane& lane, const Step& step) {
    for (std::uint32_t w = 0; w + 1 < step.acts; ++w)
      if (takes(lane.acts[step.act + w]) && takes(lane.acts[step.act + w + 1]))
        mutation::add(mutants, schedules, site, "words " + std::to_string(w) + " and the next swapped",
                      [&](Schedules& mutant) {
                        std::swap(mutation::word_at(mutant, site, w), mutation::word_at(mutant, site, w + 1));
                      });
  });
  return mutants;
}

/// Each message sent to, or expected from, the next rank instead.
inline std::vector<Mutant> peer_changed(const Schedules& schedules) {
  std::vector<Mutant> mutants;
  const auto ranks = static_cast<Rank>(schedules.size());
  mutation::for_each_word(schedules, [&](const mutation::Site& site, std::uint32_t index, const Act& word) {
    if (!on_wire(word)) return;
    const Rank peer = (word.peer + 1) % ranks;
    mutation::add(mutants, schedules, site,
                  "peer of word " + std::to_string(index) + " changed to " + std::to_string(peer),
                  [&](Schedules& mutant) { mutation::word_at(mutant, site, index).peer = peer; });
  });
  return mutants;
}

/// Each own, read and store one element further on.
inline std::vector<Mutant> place_shifted(const Schedules& schedules) {
  std::vector<Mutant> mutants;
  mutation::for_each_word(schedules, [&](const mutation::Site& site, std::uint32_t index, const Act& word) {
    if (in_memory(word))
      mutation::add(mutants, schedules, site, "place of word " + std::to_string(index) + " shifted by one",
                    [&](Schedules& mutant) { ++mutation::word_at(mutant, site, index).first; });
  });
  return mutants;
}

/// All of the above.
inline std::vector<Mutant> all_mutants(const Schedules& schedules) {
  std::vector<Mutant> all;
  for (const auto make :
       {after_lowered, behind_lowered, step_dropped, word_dropped, operands_swapped, peer_changed, place_shifted})
    for (Mutant& mutant : make(schedules)) all.push_back(std::move(mutant));
  return all;
}

}  // namespace treering::test
