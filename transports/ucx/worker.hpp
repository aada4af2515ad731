// UCX's context and worker: what the links of a transport share.
#pragma once

#include <ucp/api/ucp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "treering/result.hpp"

namespace treering::ucx {

/// What is told of the active messages that come.
class Receiver {
 public:
  /// A message for the link of that number, the `order`-th from its peer. `data` is the worker's: true takes it over,
  /// to be given back by Worker::release() after this call, or fetched where it `must_be_fetched`. Where it cannot be
  /// kept, it must not be.
  struct Arrival {
    std::uint32_t link;
    std::uint32_t order;
    bool is_ring;
    std::byte* data;
    std::size_t bytes;
    bool must_be_fetched;
    bool can_be_kept;
  };
  virtual bool take(const Arrival& arrival) = 0;

 protected:
  ~Receiver() = default;
};

/// Belongs to one thread. Links hold it, since it ends after them.
class Worker {
 public:
  /// `receiver` outlives the last poll().
  static Result<std::shared_ptr<Worker>> open(Receiver& receiver);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  ucp_worker_h get() const { return worker_; }
  /// What a peer needs to reach it.
  const std::vector<std::byte>& address() const { return address_; }

  bool poll() { return ucp_worker_progress(worker_) != 0; }
  /// Readable when something comes after arm(). False: there is something to poll() first.
  int descriptor() const { return descriptor_; }
  bool arm() { return ucp_worker_arm(worker_) == UCS_OK; }

  void release(std::byte* data) { ucp_am_data_release(worker_, data); }

 private:
  Worker() = default;
  Result<void> set_up(Receiver& receiver);

  ucp_context_h context_ = nullptr;
  ucp_worker_h worker_ = nullptr;
  std::vector<std::byte> address_;
  int descriptor_ = -1;
};

/// Before every message: to which link, and which of its messages it is. Both in this machine's order of bytes: UCX
/// joins machines of one kind.
struct Head {
  std::uint32_t link;
  std::uint32_t order;
};
inline constexpr unsigned packet_id = 1, ring_id = 2;  ///< of active messages

}  // namespace treering::ucx
