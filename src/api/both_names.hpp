// One definition, two symbols: pncclX is strong, ncclX a weak alias of it, so that profilers can replace ncclX and call
// pncclX.
#pragma once

#include "nccl/nccl.h"

/// Begins the definition of both: TREERING_BOTH_NAMES(ncclResult_t, GroupStart, ()) { ... }
#define TREERING_BOTH_NAMES(type, name, parameters)                                  \
  extern "C" __attribute__((weak, alias("pnccl" #name))) type nccl##name parameters; \
  extern "C" type pnccl##name parameters
