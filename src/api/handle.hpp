// ncclComm: what a ncclComm_t points to.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "api/endpoint.hpp"
#include "api/operator_table.hpp"
#include "nccl/nccl.h"

/// The handle outlives its communicator: these few bytes are never given back, so that a destroyed handle is recognized
/// and ncclCommAbort may race with a call that it ends.
struct ncclComm {
  static constexpr std::uint64_t handle_magic = 0x7472'6565'7269'6e67;

  const std::uint64_t magic = handle_magic;
  std::mutex mutex;
  std::shared_ptr<treering::api::Endpoint> endpoint;  ///< under the mutex; null once destroyed or aborted
  treering::api::OperatorTable operators;
};

namespace treering::api {

/// A new handle on an endpoint that has yet to join.
ncclComm_t make_handle(Terms terms);

/// What lies behind a handle. Refuses null, foreign pointers and destroyed communicators; calls in progress keep it
/// alive.
Result<std::shared_ptr<Endpoint>> endpoint_of(ncclComm_t handle);

/// The same, and from now on the handle is a destroyed one.
Result<std::shared_ptr<Endpoint>> take_endpoint(ncclComm_t handle);

}  // namespace treering::api
