#include "schedule/text.hpp"

#include <algorithm>
#include <cstddef>

#include "schedule/places.hpp"

namespace treering {
namespace {

std::string text_of(const Act& word) {
  constexpr const char* names[] = {"own", "read", "recv", "finish", "store", "send"};
  std::string text = names[static_cast<std::size_t>(word.verb)];
  if (on_wire(word)) text.append(" ").append(std::to_string(word.peer));
  if (in_memory(word)) text.append(" ").append(name_of(word.buffer));
  if (in_memory(word) && word.first > 0) text.append("+").append(std::to_string(word.first));
  return text;
}

std::string right_aligned(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

std::string waits_of(const Step& step) {
  std::string text;
  if (step.after > 0) text += "after " + std::to_string(step.after);
  if (step.behind > step.after) text.append(text.empty() ? "behind " : ", behind ").append(std::to_string(step.behind));
  return text.empty() ? text : "   " + text;
}

}  // namespace

std::string text_of(const Lane& lane, const Step& step) {
  std::string text;
  for (const Act& word : lane.words(step)) text.append(text.empty() ? "" : " . ").append(text_of(word));
  return text;
}

std::string text_of(const Schedule& schedule) {
  std::string text;
  for (std::size_t l = 0; l < schedule.lanes.size(); ++l) {
    const Lane& lane = schedule.lanes[l];
    text += "lane " + std::to_string(l) + (lane.circulates ? ", circulates" : "") +
            (lane.ahead > 0 ? ", ahead " + std::to_string(lane.ahead) : "") + "\n";
    std::size_t widest = 0;
    for (const Step& step : lane.steps) widest = std::max(widest, std::to_string(step.count).size());
    for (std::size_t i = 0; i < lane.steps.size(); ++i) {
      const Step& step = lane.steps[i];
      text += right_aligned(std::to_string(i), 4) + ": " + right_aligned(std::to_string(step.count), widest) + "  " +
              text_of(lane, step) + waits_of(step) + "\n";
    }
    if (!lane.fault.empty()) text += "  fault: " + lane.fault + "\n";
  }
  if (schedule.scratch > 0) text += "scratch " + std::to_string(schedule.scratch) + "\n";
  return text;
}

}  // namespace treering
