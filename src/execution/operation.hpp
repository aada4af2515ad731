// One operation of one rank: what is to be run, and how far it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "execution/program.hpp"
#include "execution/run.hpp"
#include "execution/store_trial.hpp"
#include "treering/operator.hpp"

namespace treering {

/// Handle of a started group of operations, counted from 1.
using Ticket = std::uint64_t;

/// What is to be run.
struct Launch {
  const Program* program = nullptr;            ///< must live until the operation is over
  Work work;                                   ///< base of scratch, scale and combine are filled in by the engine
  Operator op = Reduction::sum;                ///< kept until the operation is over
  StoreTrial* stores = nullptr;                ///< of operations like this one, if they come again; lives as long
  std::shared_ptr<const Program> own_program;  ///< the same program, if nobody else keeps it for so long
};

/// Stays where it is: its runs point to its work. All but the launch is the engine's.
struct Operation {
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  Launch launch;
  std::vector<LaneRun> runs;  // one for each lane of the program
  bool is_tied = false;       // they are this program's and know this work
  bool is_kept = false;       // by who prepares it, for this program alone
  bool is_taken = false;      // from prepare() until it is over
  std::vector<std::byte> scratch;
  std::size_t running = 0;                                           // runs that have not moved all yet
  bool announced = false;                                            // every wire that it sends on says what it is
  std::optional<std::chrono::steady_clock::time_point> tried_since;  // how long it takes is told to its trial,
  Storing tried_from = Storing::nothing;                             // whose first way this is
  Ticket ticket = 0;
};

}  // namespace treering
