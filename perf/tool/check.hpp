// Does a call deliver what it must, to the bit?
#pragma once

#include <cstdint>

#include "call.hpp"
#include "values.hpp"

namespace treering::perf {

/// Fills the input of this rank for the given repetition.
void prepare(const Call& call, const Shape& shape, const Values& values, Rank rank, std::uint64_t repetition);

/// Elements of this rank that are wrong after the call: results, and out of place also inputs, which nobody may change.
std::uint64_t wrong_elements(const Call& call, const Shape& shape, const Values& values, Rank rank, Rank ranks,
                             std::uint64_t repetition);

/// Prepares, calls and compares. All ranks get the sum over all ranks.
Result<std::uint64_t> checked_call(Communicator& communicator, Call& call, const Shape& shape, const Values& values,
                                   std::uint64_t repetition);

}  // namespace treering::perf
