// The overlay of a communicator that stays for its life: along the tree of member.hpp, on the service thread, ranks
// tell one another of failures, ask questions, and say goodbye. A connection that ends without a goodbye is a dead
// process.
//
// All survivors name the same first cause: reports go up to the root, the root waits 50 ms for better ones (the death
// of a process explains broken connections, not the other way round), decides, and its verdict goes down. Below a dead
// rank its children decide, and they have seen the same death.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "startup/event_thread.hpp"
#include "startup/member.hpp"
#include "treering/result.hpp"
#include "treering/types.hpp"

namespace treering {

class Overlay;

/// The longest message that tell() carries.
inline constexpr std::size_t longest_message_bytes = 1024;

/// All methods may be called from any thread; none but finalize() waits for a peer. The callbacks run on the service
/// thread: they must be quick and must not wait for a thread that is inside a method of this object.
class Control {
 public:
  ~Control();  ///< without finalize() and without a failure: the others learn that this rank has left

  /// The verdict, once there is one. Sticky.
  std::optional<Error> failure() const;

  /// Called once with the verdict; at once if there is one. An empty function ends that: when the call returns, none
  /// runs.
  void on_failure(std::function<void(const Error&)> failed);

  /// Reports a failure that this rank has seen. The verdict, here and on all the others, follows within half a second;
  /// it may be another, earlier cause.
  void fail(const Error& cause);

  /// Sends at most longest_message_bytes to `target` (along the tree; this rank too). Lost only when the communicator
  /// fails.
  void tell(Rank target, std::span<const std::byte> message);
  void on_message(std::function<void(Rank from, std::span<const std::byte> message)> told);

  /// Waits until all ranks have called finalize(). After that the end of a connection is no failure.
  Result<void> finalize(Deadline deadline, const std::atomic<bool>* cancelled = nullptr);

  /// `overlay`: what lives on the service thread; made by join().
  explicit Control(std::shared_ptr<Overlay> overlay);

 private:
  std::shared_ptr<Overlay> overlay_;
};

}  // namespace treering
