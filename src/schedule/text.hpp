// Schedules as text, for people and tests.
#pragma once

#include <string>

#include "schedule/language.hpp"

namespace treering {

/// One line a step, lane by lane:
///   lane 0
///      3: 12  recv 1 . own input+4 . store output+4 . send 2   after 1, behind 3
/// Step 3 moves 12 elements. It starts when step 0 is over, and its element k moves after element k of steps 1 and 2.
std::string text_of(const Schedule& schedule);

/// The words of one step: "recv 1 . own input+4 . send 2".
std::string text_of(const Lane& lane, const Step& step);

}  // namespace treering
