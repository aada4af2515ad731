#include "api/handle.hpp"

#include <deque>
#include <mutex>

namespace treering::api {
namespace {

/// All handles ever made. Never destroyed: threads may still hold some when the process ends.
struct Handles {
  std::mutex mutex;
  std::deque<ncclComm> made;
};
Handles& handles() {
  static auto* const all = new Handles;
  return *all;
}

Result<void> recognize(ncclComm_t handle) {
  if (handle == nullptr) {
    return Error{Code::invalid_argument, "no communicator (the handle is null) pass one that an init call has given"};
  }
  if (handle->magic != ncclComm::handle_magic) {
    return Error{Code::invalid_argument,
                 "not a communicator (the handle points to something else) pass one that an init call has given"};
  }
  return {};
}

Error destroyed() {
  return {Code::invalid_argument,
          "the communicator is gone (it was destroyed, aborted, or failed to start) make a new one"};
}

}  // namespace

ncclComm_t make_handle(Terms terms) {
  auto endpoint = std::make_shared<Endpoint>(std::move(terms));
  Handles& all = handles();
  const std::lock_guard lock(all.mutex);
  ncclComm& made = all.made.emplace_back();
  made.endpoint = std::move(endpoint);
  return &made;
}

Result<Lease> lease_of(ncclComm_t handle) {
  auto recognized = recognize(handle);
  if (!recognized) return std::move(recognized).error();
  std::uint32_t leases = handle->leases.load(std::memory_order_relaxed);
  do {
    if (leases & ncclComm::gone) return destroyed();
  } while (!handle->leases.compare_exchange_weak(leases, leases + 1, std::memory_order_acquire));
  return Lease(handle);
}

Result<Lease> last_lease_of(ncclComm_t handle) {
  auto lease = lease_of(handle);
  if (lease && handle->leases.fetch_or(ncclComm::gone, std::memory_order_acq_rel) & ncclComm::gone) return destroyed();
  return lease;
}

}  // namespace treering::api
