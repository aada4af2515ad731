#include "communicator/rank_list.hpp"

#include <fmt/format.h>

namespace treering {
namespace {

/// How many ranks from the front on rise in equal steps, if saying so is shorter: else one.
std::size_t length_of_run(std::span<const Rank> ranks) {
  if (ranks.size() < 2) return 1;
  const Rank step = ranks[1] - ranks[0];
  std::size_t length = 2;
  while (length < ranks.size() && ranks[length] - ranks[length - 1] == step) ++length;
  return step == 1 || (step > 1 && length > 2) ? length : 1;
}

std::string run_text(std::span<const Rank> run) {
  if (run.size() == 1) return std::to_string(run[0]);
  const Rank step = run[1] - run[0];
  return fmt::format("{}-{}{}", run.front(), run.back(), step > 1 ? fmt::format(":{}", step) : "");
}

}  // namespace

std::string rank_list(std::span<const Rank> ranks) {
  constexpr int most_pieces = 12;
  std::string text;
  for (int pieces = 0; !ranks.empty(); ++pieces) {
    if (pieces == most_pieces) return fmt::format("{},.. ({} more)", text, ranks.size());
    const std::size_t length = length_of_run(ranks);
    text += (text.empty() ? "" : ",") + run_text(ranks.first(length));
    ranks = ranks.subspan(length);
  }
  return text;
}

}  // namespace treering
