// Which algorithm for which sizes, for people: the choices of choose() along the counts.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace treering {

/// From `first` elements on, to where the next range begins.
struct ChoiceRange {
  std::uint64_t first = 0;
  std::string_view algorithm;
};

/// The ranges from 1 to `most` elements: asked for at powers of two, and between two that differ where they part. A
/// choice that begins and ends between two powers of two is not seen.
std::vector<ChoiceRange> choice_ranges(std::uint64_t most,
                                       const std::function<std::string_view(std::uint64_t count)>& chosen_for);

}  // namespace treering
