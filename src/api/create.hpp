// How C programs get communicators.
#pragma once

#include <string_view>

#include "api/endpoint.hpp"
#include "nccl/nccl.h"

namespace treering::api {

/// Makes the handle at once; joins now, or with the others of the thread's group. Where that fails, *slot becomes null.
Result<void> create(ncclComm_t* slot, Terms terms);

/// The result with the function's name in its error, which the thread's open group remembers.
Result<void> noted(std::string_view name, const Result<void>& result);

}  // namespace treering::api
