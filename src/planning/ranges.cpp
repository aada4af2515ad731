#include "planning/ranges.hpp"

namespace treering {
namespace {

using ChosenFor = std::function<std::string_view(std::uint64_t count)>;

/// The least count in (low, high] for which not that of `low` is chosen, which holds for `high`.
std::uint64_t first_other(std::uint64_t low, std::uint64_t high, const ChosenFor& chosen_for) {
  const std::string_view before = chosen_for(low);
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (chosen_for(middle) == before ? low : high) = middle;
  }
  return high;
}

}  // namespace

std::vector<ChoiceRange> choice_ranges(std::uint64_t most, const ChosenFor& chosen_for) {
  std::vector<ChoiceRange> ranges = {{1, chosen_for(1)}};
  for (std::uint64_t count = 2; count <= most; count *= 2) {
    const std::string_view wanted = chosen_for(count);
    if (wanted != ranges.back().algorithm) ranges.push_back({first_other(count / 2, count, chosen_for), wanted});
  }
  return ranges;
}

}  // namespace treering
