// What is counted. A scenario is named by what one operation of it is.
#pragma once

namespace treering::instructions {

void count_engines();  ///< messages between engines, over loopback wires
void count_calls();    ///< calls of the C API
void count_plans();    ///< making, choosing and binding schedules

}  // namespace treering::instructions
