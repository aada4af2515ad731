// From the command line to ranks that run: processes, threads, communicators.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "treering/unique_id.hpp"

namespace treering::perf {

/// Runs everything that this process has to do as a part of the job, and returns the exit status. `args` go to the
/// JSON.
int run_job(const Settings& settings, const std::vector<std::string>& args);

/// A new id for the ranks of a Launch, as `share` makes it; empty if that failed, which has been said.
std::string shared_id();
/// What `child` gets of it. Nothing if it was none.
std::optional<UniqueId> id_of(const std::string& shared);

}  // namespace treering::perf
