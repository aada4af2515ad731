// From the command line to ranks that run: processes, threads, communicators.
#pragma once

#include <string>
#include <vector>

#include "command_line.hpp"

namespace treering::perf {

/// Runs everything that this process has to do as a part of the job, and returns the exit status. `args` go to the
/// JSON.
int run_job(const Settings& settings, const std::vector<std::string>& args);

}  // namespace treering::perf
