// The traffic of a training step, run as a framework would: one collective after another, in place.
#pragma once

#include "command_line.hpp"
#include "console.hpp"
#include "report.hpp"
#include "treering/communicator.hpp"

namespace treering::perf {

/// Called on every rank of the communicator. The lines of `report` are the distinct collectives: time_us and samples
/// are of one operation, calls those of one step.
Result<void> replay(Communicator& communicator, const Settings& settings, Console& console, Report& report);

}  // namespace treering::perf
