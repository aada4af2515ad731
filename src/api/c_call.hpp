// A collective or message as C programs call it.
#pragma once

#include "api/call.hpp"
#include "api/handle.hpp"
#include "nccl/nccl.h"

namespace treering::api {

struct CCall {
  std::string_view name;
  Collective collective = Collective::barrier;
  const void* send = nullptr;
  void* recv = nullptr;
  std::size_t count = 0;
  ncclDataType_t type = ncclUint8;
  ncclRedOp_t op = ncclSum;
  int root = 0;
  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;
};

/// Checks the call and carries it out, or puts it into the thread's group.
ncclResult_t carry_out(const CCall& call) noexcept;

/// The error with the function's name before it.
Error named(std::string_view name, const Error& error);

constexpr bool is_data_type(ncclDataType_t type) {
  return static_cast<int>(type) >= 0 && static_cast<int>(type) < data_types;
}
Result<DataType> data_type_from(ncclDataType_t type);

}  // namespace treering::api
