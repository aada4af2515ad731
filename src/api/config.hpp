// ncclConfig_t becomes Terms.
#pragma once

#include "api/endpoint.hpp"
#include "nccl/nccl.h"

namespace treering::api {

/// Adds what `config` (may be null) says to the terms. The structure grows from version to version by appending, and
/// `size` says how much of it the program knows: what lies beyond stays as it is. Refuses wrong magic, size and values.
Result<void> apply(const ncclConfig_t* config, Terms& terms);

}  // namespace treering::api
