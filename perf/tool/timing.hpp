// The timed loop.
#pragma once

#include "call.hpp"
#include "command_line.hpp"
#include "report.hpp"

namespace treering::perf {

/// Warms up, then times settings.iterations calls or more. All ranks together; all get the same answer but `wrong`,
/// which stays empty. Calls that take little are timed in batches, so that reading the clock adds under 1 %; a sample
/// is the mean of a batch.
Result<Measured> timed_calls(Communicator& communicator, Call& call, const Shape& shape, const Settings& settings);

/// Seconds of a clock that only goes forward.
double now_s();

}  // namespace treering::perf
