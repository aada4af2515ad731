// What belongs to no communicator, or to an operator or group.
#include "api/both_names.hpp"
#include "api/c_call.hpp"
#include "api/group.hpp"
#include "api/handle.hpp"
#include "api/last_error.hpp"
#include "transports/memory.hpp"

namespace treering::api {
namespace {

Result<void> create_premultiplied(ncclRedOp_t* op, const void* scalar, ncclDataType_t datatype,
                                  ncclScalarResidence_t residence, ncclComm_t comm) {
  const auto lease = lease_of(comm);
  if (!lease) return lease.error();
  const auto type = data_type_from(datatype);
  if (!type) return type.error();
  if (op == nullptr || scalar == nullptr) {
    return Error{Code::invalid_argument, "no operator or no scalar (a pointer is null) pass the addresses of both"};
  }
  switch (residence) {
    case ncclScalarDevice: *op = comm->operators.add_deferred(scalar, *type); return {};
    case ncclScalarHostImmediate:
      *op = comm->operators.add(Operator::premultiplied_sum(scalar, size_of(*type)), *type);
      return {};
  }
  return Error{Code::invalid_argument,
               "no such residence of the scalar (there are two) pass ncclScalarDevice or ncclScalarHostImmediate"};
}

Result<void> destroy_operator(ncclRedOp_t op, ncclComm_t comm) {
  const auto lease = lease_of(comm);
  if (!lease) return lease.error();
  return comm->operators.remove(op);
}

Result<void> allocate(void** ptr, std::size_t size) {
  if (ptr == nullptr) {
    return Error{Code::invalid_argument,
                 "nowhere to put the address (the pointer is null) pass the address of a pointer"};
  }
  *ptr = nullptr;
  if (size == 0) return {};
  const auto allocated = memory::allocate(size);
  if (!allocated) return allocated.error();
  *ptr = *allocated;
  return {};
}

/// The result with the function's name before the message.
template <class Body>
ncclResult_t reported_as(std::string_view name, const Body& body) {
  return reported([&]() -> Result<void> {
    const Result<void> result = body();
    if (result) return {};
    return result.error().code == Code::in_progress ? result.error() : named(name, result.error());
  });
}

}  // namespace
}  // namespace treering::api

using namespace treering;

TREERING_BOTH_NAMES(ncclResult_t, GetVersion, (int* version)) {
  return api::reported([&]() -> Result<void> {
    if (version == nullptr) {
      return Error{Code::invalid_argument,
                   "ncclGetVersion: nowhere to put the version (the pointer is null) pass the address of an int"};
    }
    *version = NCCL_VERSION_CODE;
    return {};
  });
}

TREERING_BOTH_NAMES(const char*, GetErrorString, (ncclResult_t result)) {
  switch (result) {
    case ncclSuccess: return "no error";
    case ncclUnhandledCudaError: return "a CUDA call failed";
    case ncclSystemError: return "a call of the operating system failed";
    case ncclInternalError: return "internal error";
    case ncclInvalidArgument: return "invalid argument";
    case ncclInvalidUsage: return "invalid usage";
    case ncclRemoteError: return "a peer, or the network to it, failed";
    case ncclInProgress: return "in progress";
    case ncclTimeout: return "a deadline has passed";
    case ncclNumResults: break;
  }
  return "unknown result code";
}

TREERING_BOTH_NAMES(const char*, GetLastError, (ncclComm_t comm)) {
  if (api::last_error().empty() && comm != nullptr) {
    const auto lease = api::lease_of(comm);
    const auto failure = lease ? (*lease)->failure() : std::nullopt;
    if (failure) api::report(*failure);
  }
  return api::last_error().c_str();
}

TREERING_BOTH_NAMES(ncclResult_t, MemAlloc, (void** ptr, size_t size)) {
  return api::reported_as("ncclMemAlloc", [&] { return api::allocate(ptr, size); });
}

TREERING_BOTH_NAMES(ncclResult_t, MemFree, (void* ptr)) {
  return api::reported_as("ncclMemFree", [&] { return ptr == nullptr ? Result<void>() : memory::release(ptr); });
}

TREERING_BOTH_NAMES(ncclResult_t, RedOpCreatePreMulSum,
                    (ncclRedOp_t * op, void* scalar, ncclDataType_t datatype, ncclScalarResidence_t residence,
                     ncclComm_t comm)) {
  return api::reported_as("ncclRedOpCreatePreMulSum",
                          [&] { return api::create_premultiplied(op, scalar, datatype, residence, comm); });
}

TREERING_BOTH_NAMES(ncclResult_t, RedOpDestroy, (ncclRedOp_t op, ncclComm_t comm)) {
  return api::reported_as("ncclRedOpDestroy", [&] { return api::destroy_operator(op, comm); });
}

TREERING_BOTH_NAMES(ncclResult_t, GroupStart, ()) {
  api::CallGroup::of_this_thread().begin();
  return ncclSuccess;
}

TREERING_BOTH_NAMES(ncclResult_t, GroupEnd, ()) {
  return api::reported([] { return api::CallGroup::of_this_thread().end(); });
}
