#include <fmt/format.h>

#include <cstring>

#include "api/both_names.hpp"
#include "api/c_call.hpp"
#include "api/config.hpp"
#include "api/create.hpp"
#include "api/group.hpp"
#include "api/handle.hpp"
#include "api/last_error.hpp"

namespace treering::api {
namespace {

ncclResult_t create_reported(std::string_view name, ncclComm_t* slot, int ranks, const ncclUniqueId& id, int rank,
                             const ncclConfig_t* config) {
  return reported([&]() -> Result<void> {
    Terms terms;
    terms.rank = rank;
    terms.ranks = ranks;
    static_assert(sizeof(id) == sizeof(terms.id));
    std::memcpy(terms.id.bytes.data(), &id, sizeof(id));
    auto applied = apply(config, terms);
    if (!applied) return noted(name, applied);
    return noted(name, create(slot, std::move(terms)));
  });
}

Result<void> create_all(ncclComm_t* slots, int ranks, const int* devices) {
  if (slots == nullptr) {
    return Error{Code::invalid_argument,
                 "nowhere to put the communicators (the array is null) pass an array of one a device"};
  }
  if (ranks < 1) {
    return Error{Code::invalid_argument,
                 fmt::format("{} devices make no communicator (there is at least one) pass their number", ranks)};
  }
  for (int rank = 0; devices != nullptr && rank < ranks; ++rank) {
    if (devices[rank] >= 0) continue;
    return Error{Code::invalid_argument,
                 fmt::format("no device {} (devices count from 0) correct devlist[{}]", devices[rank], rank)};
  }
  const auto id = make_unique_id();
  if (!id) return id.error();
  CallGroup& group = CallGroup::of_this_thread();
  group.begin();
  for (int rank = 0; rank < ranks; ++rank) {
    auto created = create(slots + rank, {*id, rank, ranks, {}, true, devices != nullptr ? devices[rank] : rank});
    if (!created) group.fail(created.error());
  }
  return group.end();
}

Result<void> finalize(ncclComm_t comm) {
  auto lease = lease_of(comm);
  if (!lease) return std::move(lease).error();
  CallGroup& group = CallGroup::of_this_thread();
  if (!group.is_open()) return (*lease)->finalize();
  group.add([kept = lease->endpoint()] { return kept->finalize(); });
  return {};
}

Result<void> destroy(ncclComm_t comm) {
  auto lease = lease_of(comm);
  if (!lease) return std::move(lease).error();
  if (CallGroup::of_this_thread().has_calls_on(*lease->endpoint())) {
    return Error{Code::invalid_usage,
                 "the communicator still has calls in this thread's group (they would never run) end the group before"};
  }
  auto last = last_lease_of(comm);
  if (!last) return std::move(last).error();
  const bool failed_before = (*last)->failure().has_value();
  auto drained = (*last)->drain();
  if (!drained && !failed_before) return drained;
  return {};
}

void abort(ncclComm_t comm) {
  const auto last = last_lease_of(comm);
  if (!last) return;  // it is gone already, which is what was asked for
  const Rank rank = (*last)->terms().rank;
  (*last)->abort({Code::invalid_usage,
                  fmt::format("the communicator was aborted (rank {} called ncclCommAbort) make a new one", rank)});
}

/// A query of one number.
template <class Value>
ncclResult_t query(std::string_view name, ncclComm_t comm, int* answer, const Value& value) {
  return reported([&]() -> Result<void> {
    const auto lease = lease_of(comm);
    if (!lease) return named(name, lease.error());
    if (answer == nullptr) {
      return named(
          name, {Code::invalid_argument, "nowhere to put the answer (the pointer is null) pass the address of an int"});
    }
    *answer = value((*lease)->terms());
    return {};
  });
}

}  // namespace
}  // namespace treering::api

using namespace treering;

TREERING_BOTH_NAMES(ncclResult_t, GetUniqueId, (ncclUniqueId * uniqueId)) {
  return api::reported([&]() -> Result<void> {
    if (uniqueId == nullptr) {
      return Error{Code::invalid_argument,
                   "ncclGetUniqueId: nowhere to put the id (the pointer is null) pass the address of one"};
    }
    const auto id = make_unique_id();
    if (!id) return api::named("ncclGetUniqueId", id.error());
    std::memcpy(uniqueId, id->bytes.data(), sizeof(*uniqueId));
    return {};
  });
}

TREERING_BOTH_NAMES(ncclResult_t, CommInitRank, (ncclComm_t * comm, int nranks, ncclUniqueId commId, int rank)) {
  return api::create_reported("ncclCommInitRank", comm, nranks, commId, rank, nullptr);
}

TREERING_BOTH_NAMES(ncclResult_t, CommInitRankConfig,
                    (ncclComm_t * comm, int nranks, ncclUniqueId commId, int rank, ncclConfig_t* config)) {
  return api::create_reported("ncclCommInitRankConfig", comm, nranks, commId, rank, config);
}

TREERING_BOTH_NAMES(ncclResult_t, CommInitAll, (ncclComm_t * comms, int ndev, const int* devlist)) {
  return api::reported([&] { return api::noted("ncclCommInitAll", api::create_all(comms, ndev, devlist)); });
}

TREERING_BOTH_NAMES(ncclResult_t, CommFinalize, (ncclComm_t comm)) {
  return api::reported([&] { return api::noted("ncclCommFinalize", api::finalize(comm)); });
}

TREERING_BOTH_NAMES(ncclResult_t, CommDestroy, (ncclComm_t comm)) {
  return api::reported([&] { return api::noted("ncclCommDestroy", api::destroy(comm)); });
}

TREERING_BOTH_NAMES(ncclResult_t, CommAbort, (ncclComm_t comm)) {
  return api::reported([&]() -> Result<void> {
    api::abort(comm);
    return {};
  });
}

TREERING_BOTH_NAMES(ncclResult_t, CommGetAsyncError, (ncclComm_t comm, ncclResult_t* asyncError)) {
  return api::reported([&]() -> Result<void> {
    const auto lease = api::lease_of(comm);
    if (!lease) return api::named("ncclCommGetAsyncError", lease.error());
    if (asyncError == nullptr) {
      return Error{
          Code::invalid_argument,
          "ncclCommGetAsyncError: nowhere to put the answer (the pointer is null) pass the address of a ncclResult_t"};
    }
    *asyncError = api::report((*lease)->poll());
    return {};
  });
}

TREERING_BOTH_NAMES(ncclResult_t, CommCount, (const ncclComm_t comm, int* count)) {
  return api::query("ncclCommCount", comm, count, [](const api::Terms& terms) { return terms.ranks; });
}

TREERING_BOTH_NAMES(ncclResult_t, CommCuDevice, (const ncclComm_t comm, int* device)) {
  return api::query("ncclCommCuDevice", comm, device, [](const api::Terms& terms) { return terms.device; });
}

TREERING_BOTH_NAMES(ncclResult_t, CommUserRank, (const ncclComm_t comm, int* rank)) {
  return api::query("ncclCommUserRank", comm, rank, [](const api::Terms& terms) { return terms.rank; });
}
