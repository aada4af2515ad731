// One collective over sizes, types, operators and roots.
#pragma once

#include "command_line.hpp"
#include "console.hpp"
#include "report.hpp"
#include "treering/communicator.hpp"

namespace treering::perf {

/// Called on every rank of the communicator; rank 0 prints and fills the lines of `report` as they come.
Result<void> sweep(Communicator& communicator, const Settings& settings, Console& console, Report& report);

}  // namespace treering::perf
