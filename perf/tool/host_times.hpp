// The all-reduces in whose times the constants of a host are found.
#pragma once

#include <optional>

#include "constants.hpp"

namespace treering::perf {

/// Runs them once, for some five seconds. Nothing if one failed, which has been said. Call it before this process uses
/// the library.
std::optional<HostTimes> time_host();

}  // namespace treering::perf
