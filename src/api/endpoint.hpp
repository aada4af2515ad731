// One rank's end of a communicator, as both faces of the API hold it: the Participant from the moment it is asked for
// until it is gone, with what runs in the background.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "api/call.hpp"
#include "communicator/participant.hpp"

namespace treering::api {

/// What a rank asks for when it joins.
struct Terms {
  UniqueId id;
  Rank rank = 0;
  Rank ranks = 1;
  Settings settings;
  bool blocking = true;  ///< else calls return Code::in_progress and poll() makes progress
  int device = 0;        ///< only handed back
};

/// Threads: any; calls that move data exclude one another, so that a call may wait for one of another thread's.
class Endpoint {
 public:
  explicit Endpoint(Terms terms) : terms_(std::move(terms)) {}
  ~Endpoint();  ///< waits for the background, then leaves the communicator

  const Terms& terms() const { return terms_; }

  /// Joins the communicator; once. Waits if the terms are blocking, else goes on in the background: Code::in_progress.
  Result<void> join();

  /// Starts valid requests, of which the first is of a call to `name`.
  Result<Ticket> start(std::string_view name, std::span<const Request> requests);

  /// One valid call from start to end; in non-blocking mode only its start: Code::in_progress.
  Result<void> run(const Call& call);

  /// In non-blocking mode: poll() minds the ticket from now on.
  void leave_to_poll(Ticket ticket);

  /// Moves what can be moved, unless another thread is at it, and says how things are: success, Code::in_progress or
  /// the failure.
  Result<void> poll();

  /// Is it over? Makes progress, unless another thread is at it.
  bool done(Ticket ticket);

  /// All operations of all ranks are over. Waits as join() does.
  Result<void> finalize();

  /// Waits for what poll() minds. Returns at once where the communicator has failed.
  Result<void> drain();

  /// Fails what runs and what will be called. Returns at once.
  void abort(const Error& cause);

  /// The first failure, or nothing.
  std::optional<Error> failure() const;

  std::string summary() const;

 private:
  friend Result<void> wait_for_all(std::span<const struct Started> operations);

  enum class State : std::uint8_t { joining, ready, finalized, failed };

  Result<void> join_now();
  Result<void> wait(Ticket ticket);
  Result<void> finalize_now();
  Result<void> in_background(std::function<Result<void>()> work);
  /// The participant if calls can be made now, else null.
  Participant* ready() const { return state_ == State::ready && !in_background_ ? participant_.get() : nullptr; }
  /// Why not; with the name of the call that was made.
  Error not_ready() const;
  Error not_ready(std::string_view name) const;

  const Terms terms_;
  std::atomic<bool> cancelled_ = false;       // the participant looks at it
  std::unique_ptr<Participant> participant_;  // set before state_ becomes ready
  std::atomic<State> state_ = State::joining;
  std::atomic<bool> in_background_ = false;
  Error cause_;                 // set before state_ becomes failed
  mutable std::mutex driving_;  // whoever makes progress
  std::vector<Ticket> polled_;  // under driving_
  std::thread background_;
};

/// An operation under way.
struct Started {
  std::shared_ptr<Endpoint> endpoint;
  Ticket ticket = 0;
};

/// Drives all of them together until all are over, or one communicator has failed.
Result<void> wait_for_all(std::span<const Started> operations);

}  // namespace treering::api
