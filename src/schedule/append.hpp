// Composition is concatenation: one schedule after another is their steps in one lane, dependencies derived anew.
#pragma once

#include <functional>

#include "schedule/language.hpp"

namespace treering {

/// Where a lane stands in a composition: own becomes read unless it is the first stage; finish is said in the last
/// only.
struct Stage {
  bool first = true;
  bool last = true;
};

/// Says the sentences of `part` in `lane`, with its ranks mapped by `rank_of` and its places moved by `shift` elements.
/// Scratch is not moved: parts that use scratch need disjoint ranges of their own.
void append(Lane& lane, const Lane& part, const std::function<Rank(Rank)>& rank_of, std::uint64_t shift, Stage stage);

}  // namespace treering
