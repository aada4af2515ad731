// A job from the first agent to the last: input, output, signals, and the first failure.
#pragma once

#include "tools/run/command_line.hpp"

namespace treering::run {

/// The exit status.
int run_job(const Settings& settings);

}  // namespace treering::run
