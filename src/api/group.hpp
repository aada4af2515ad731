// Groups: the calls of one thread, on any communicators, that make progress together.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "api/endpoint.hpp"

namespace treering::api {

/// The open group of one thread, if any. Groups nest; the outermost end() does the work.
class CallGroup {
 public:
  static CallGroup& of_this_thread();

  bool is_open() const { return depth_ > 0; }
  void begin() { ++depth_; }

  /// A valid call.
  void add(const std::shared_ptr<Endpoint>& endpoint, const Call& call);
  /// Something that waits for other ranks, such as joining: all of these run at the same time, before the calls.
  void add(std::function<Result<void>()> job) { jobs_.push_back(std::move(job)); }
  /// A call was refused: nothing of the group will begin. The first is remembered.
  void fail(const Error& error);
  /// Does the group hold a call on it?
  bool has_calls_on(const Endpoint& endpoint) const;

  /// Ends the innermost group. The outermost: runs the jobs, starts all calls and waits for them. Code::in_progress if
  /// any communicator is in non-blocking mode.
  Result<void> end();

  /// What the end of a group has begun.
  struct Begun {
    std::vector<Started> operations;
    bool jobs_go_on = false;
  };
  /// The same without waiting for the calls. Only the outermost.
  Result<Begun> end_and_start();

  /// Leaves the innermost group; the outermost: forgets what was called.
  void leave();

 private:
  /// The calls on one communicator, in their order.
  struct Batch {
    std::shared_ptr<Endpoint> endpoint;
    std::string_view first;  ///< the name of the first call
    std::vector<Request> requests;
  };

  void keep_memory_of(std::vector<Batch>& batches);
  Result<void> run_jobs();
  Result<std::vector<Started>> start_batches();
  void forget();

  int depth_ = 0;
  std::vector<Batch> batches_;  // in the order of their first calls
  std::vector<std::function<Result<void>()>> jobs_;
  std::optional<Error> failed_;
  std::vector<std::vector<Request>> spare_;  // of batches that are over: they keep their memory for the next group
};

/// A valid call, in the thread's group if one is open, else at once.
Result<void> submit(const std::shared_ptr<Endpoint>& endpoint, const Call& call);

/// validate(), and what a call must not do outside a group. What it refuses fails the open group.
Result<void> admit(const Endpoint& endpoint, const Call& call);

}  // namespace treering::api
