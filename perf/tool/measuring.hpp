// The errands that measure: what this host costs, and how far prices are from times.
#pragma once

namespace treering::perf {

/// Measures this host, for half a minute, and stores its constants. Returns the exit status.
int run_constants();

/// Prints a table of all-reduces of 1 KiB to 64 MiB on 2 and 4 ranks over shared memory and TCP: what those that the
/// stored constants choose should take by constants measured in the same two minutes, and what they take. Stores
/// nothing. Returns the exit status.
int run_predictions();

}  // namespace treering::perf
