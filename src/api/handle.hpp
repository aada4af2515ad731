// ncclComm: what a ncclComm_t points to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "api/endpoint.hpp"
#include "api/operator_table.hpp"
#include "nccl/nccl.h"

/// The handle outlives its communicator: these few bytes are never given back, so that a destroyed handle is recognized
/// and ncclCommAbort may race with a call that it ends.
struct ncclComm {
  static constexpr std::uint64_t handle_magic = 0x7472'6565'7269'6e67;
  static constexpr std::uint32_t gone = 1u << 31;

  const std::uint64_t magic = handle_magic;
  std::atomic<std::uint32_t> leases{0};               ///< how many there are; and `gone`, once destroyed or aborted
  std::shared_ptr<treering::api::Endpoint> endpoint;  ///< dropped when it is gone and nobody has a lease
  treering::api::OperatorTable operators;
};

namespace treering::api {

/// A new handle on an endpoint that has yet to join.
ncclComm_t make_handle(Terms terms);

/// Keeps what lies behind a handle alive while a call uses it. Every call takes one: it costs two atomic operations.
class Lease {
 public:
  /// Takes the lease over that was counted in `handle`.
  explicit Lease(ncclComm_t handle) : handle_(handle) {}
  Lease(Lease&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (handle_ && handle_->leases.fetch_sub(1, std::memory_order_acq_rel) == (ncclComm::gone | 1)) [[unlikely]]
      handle_->endpoint.reset();
  }

  const std::shared_ptr<Endpoint>& endpoint() const { return handle_->endpoint; }
  Endpoint* operator->() const { return handle_->endpoint.get(); }

 private:
  ncclComm_t handle_;
};

/// What lies behind a handle. Refuses null, foreign pointers and destroyed communicators.
Result<Lease> lease_of(ncclComm_t handle);

/// The same, and from now on the handle is a destroyed one. Only one caller gets it.
Result<Lease> last_lease_of(ncclComm_t handle);

}  // namespace treering::api
