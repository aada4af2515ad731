#include "treering/treering.h"

#include <algorithm>

#include "api/c_call.hpp"
#include "api/create.hpp"
#include "api/handle.hpp"
#include "api/last_error.hpp"
#include "startup/launch.hpp"

namespace treering::api {
namespace {

Result<void> create_operator(ncclRedOp_t* op, treeringCombine_t combine, void* user, ncclDataType_t datatype,
                             treeringOrder_t order, ncclComm_t comm) {
  const auto lease = lease_of(comm);
  if (!lease) return lease.error();
  const auto type = data_type_from(datatype);
  if (!type) return type.error();
  if (op == nullptr || combine == nullptr) {
    return Error{Code::invalid_argument, "no operator or no function (a pointer is null) pass both"};
  }
  auto call = [combine, user](void* accumulator, const void* operand, std::size_t count) {
    combine(accumulator, operand, count, user);
  };
  const Order kept = order == treeringCommutative ? Order::commutative : Order::kept;
  *op = comm->operators.add(Operator::from(std::move(call), size_of(*type), kept), *type);
  return {};
}

Result<void> create_from_environment(ncclComm_t* comm) {
  const auto invitation = invitation_from_environment();
  if (!invitation) return invitation.error();
  return create(comm, {invitation->id, invitation->rank, invitation->ranks, {}, true, invitation->local_rank});
}

Result<void> copy_summary(ncclComm_t comm, char* text, std::size_t bytes) {
  const auto lease = lease_of(comm);
  if (!lease) return lease.error();
  if (text == nullptr || bytes == 0) {
    return Error{Code::invalid_argument,
                 "nowhere to put the text (the buffer is null or has no bytes) pass one of 4000"};
  }
  const std::string summary = (*lease)->summary();
  const std::size_t copied = std::min(summary.size(), bytes - 1);
  std::copy_n(summary.data(), copied, text);
  text[copied] = '\0';
  return {};
}

}  // namespace
}  // namespace treering::api

using namespace treering;

ncclResult_t treeringCommInitFromEnvironment(ncclComm_t* comm) {
  return api::reported(
      [&] { return api::noted("treeringCommInitFromEnvironment", api::create_from_environment(comm)); });
}

ncclResult_t treeringScan(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype, ncclRedOp_t op,
                          ncclComm_t comm, cudaStream_t stream) {
  return api::carry_out({"treeringScan", Collective::scan, sendbuff, recvbuff, count, datatype, op, 0, comm, stream});
}

ncclResult_t treeringExclusiveScan(const void* sendbuff, void* recvbuff, size_t count, ncclDataType_t datatype,
                                   ncclRedOp_t op, ncclComm_t comm, cudaStream_t stream) {
  return api::carry_out(
      {"treeringExclusiveScan", Collective::exclusive_scan, sendbuff, recvbuff, count, datatype, op, 0, comm, stream});
}

ncclResult_t treeringBarrier(ncclComm_t comm, cudaStream_t stream) {
  return api::carry_out({.name = "treeringBarrier", .collective = Collective::barrier, .comm = comm, .stream = stream});
}

ncclResult_t treeringRedOpCreate(ncclRedOp_t* op, treeringCombine_t combine, void* user, ncclDataType_t datatype,
                                 treeringOrder_t order, ncclComm_t comm) {
  return api::reported([&]() -> Result<void> {
    const auto created = api::create_operator(op, combine, user, datatype, order, comm);
    if (!created) return api::named("treeringRedOpCreate", created.error());
    return {};
  });
}

ncclResult_t treeringCommSummary(ncclComm_t comm, char* text, size_t bytes) {
  return api::reported([&]() -> Result<void> {
    const auto copied = api::copy_summary(comm, text, bytes);
    if (!copied) return api::named("treeringCommSummary", copied.error());
    return {};
  });
}
