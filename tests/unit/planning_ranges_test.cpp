#include "planning/ranges.hpp"

#include <gtest/gtest.h>

namespace treering {
namespace {

std::string text(const std::vector<ChoiceRange>& ranges) {
  std::string all;
  for (const ChoiceRange& range : ranges) all += std::to_string(range.first) + std::string(range.algorithm) + " ";
  return all;
}

TEST(ChoiceRanges, BeginWhereTheChoiceChanges) {
  const auto chosen_for = [](std::uint64_t count) {
    return count < 37 ? "a" : count < 1000 ? "b" : count < 1024 ? "c" : "a";
  };
  // c begins and ends between two powers of two.
  EXPECT_EQ(text(choice_ranges(1 << 20, chosen_for)), "1a 37b 1000a ");
  EXPECT_EQ(text(choice_ranges(64, chosen_for)), "1a 37b ");
  EXPECT_EQ(text(choice_ranges(32, chosen_for)), "1a ");
}

TEST(ChoiceRanges, AskLittle) {
  int asked = 0;
  choice_ranges(std::uint64_t{1} << 28, [&](std::uint64_t count) {
    ++asked;
    return count < 123'456'789 ? "a" : "b";
  });
  EXPECT_LT(asked, 29 + 30);
}

TEST(ChoiceRanges, BeginAtEveryCountRight) {
  for (std::uint64_t edge = 2; edge <= 300; ++edge)
    EXPECT_EQ(text(choice_ranges(512, [&](std::uint64_t count) { return count < edge ? "a" : "b"; })),
              "1a " + std::to_string(edge) + "b ");
}

}  // namespace
}  // namespace treering
