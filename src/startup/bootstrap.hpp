// How the ranks of a communicator find one another. Every rank introduces itself at the rendezvous (the process that
// made the unique id), is told its parent in a binomial tree and connects to it; the roster is gathered up the tree and
// sent down. O(log p) rounds; only the rendezvous ever holds O(p) connections, and those for a moment.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "startup/connector.hpp"
#include "startup/control.hpp"
#include "startup/member.hpp"
#include "startup/unique_id.hpp"

namespace treering {

/// A choice that all ranks must have made alike, in words: {"window", "1048576"}. Names at most 64 bytes, values 256.
struct Decision {
  std::string name;
  std::string value;
};

struct JoinRequest {
  UniqueId id;
  Rank rank = nobody;
  Rank ranks = 0;
  std::int32_t device = -1;
  RdmaReach rdma = {};
  std::vector<Decision> decisions;  ///< at most 32, in the same order on every rank
  Arrange arrange = {};             ///< of rank 0, if any: all get the roster as it leaves it, or its error
  std::chrono::milliseconds timeout{60'000};
  const std::atomic<bool>* cancelled = nullptr;  ///< must outlive what join() returns
};

/// Destroyed in the reverse order: the connector before the control.
struct Joined {
  std::shared_ptr<const Roster> roster;  ///< one for all the ranks of a communicator in this process
  std::unique_ptr<Control> control;
  std::unique_ptr<RankConnector> connector;
};

/// Waits for all ranks, at most until the timeout. Errors, the same on every rank that can be told: ranks that are
/// missing (timeout; named), a rank that joined twice, different numbers of ranks, versions or decisions
/// (invalid_usage; both ranks are named), a process that died (remote_error).
Result<Joined> join(const JoinRequest& request);

}  // namespace treering
