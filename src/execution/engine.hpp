// Runs the operations of one rank: many at once, each lane's in the order issued. Never blocks.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "execution/operation.hpp"
#include "execution/staging.hpp"
#include "transports/transport.hpp"
#include "transports/wire.hpp"

namespace treering {

/// Lanes of one communicator are numbered below this.
inline constexpr LaneIndex max_lanes = 64;
/// Point-to-point has wires of its own.
inline constexpr LaneIndex point_to_point_lane = max_lanes - 1;

/// Two ranks are at different operations.
struct Mismatch {
  Rank peer;
  std::string ours;
  std::string theirs;  ///< what the peer says it is at; empty if that is not what it sent here, but something later
};

/// Belongs to the thread that drives its rank.
class Engine {
 public:
  /// `transports` carry what the wires hold, and outlive the engine.
  Engine(std::span<Transport* const> transports, const Pace& pace, Staging staging = {})
      : transports_(transports), pace_(pace), staging_(std::move(staging)) {}

  /// One more operation of the group that start() will start. The caller fills in all of it: what stands there is of an
  /// operation that is over.
  Launch& prepare();
  /// The same, in `kept` unless that is taken already: an operation that runs one program again and again, and which
  /// its owner keeps until it is over. Where the launch names that program, all of it is there but the buffers and the
  /// operator.
  Launch& prepare(Operation& kept);
  /// Nothing of the group that is being prepared will start.
  void drop_prepared();
  /// Starts all that was prepared as one group of operations that make progress together. Buffers must live until the
  /// ticket is done. An operation that nothing else runs beside moves what it can at once, and may be over then. Passes
  /// on what operators throw, as progress() does: withdraw() is to follow.
  Ticket start();

  /// Moves what can be moved now, wires and transports. True if anything did.
  bool progress();

  bool done(Ticket ticket) const {
    return std::none_of(active_.begin(), active_.end(), [&](const Operation* one) { return one->ticket == ticket; });
  }
  bool idle() const { return active_.empty(); }

  /// After a failure, before the user has the buffers back: peers may neither read nor write them any more. Waits for
  /// those that are in the middle of a slice, at most a second: a peer that is stopped there is beyond help.
  void withdraw();

  /// Sticky, like the failures of the transports.
  const std::optional<Mismatch>& mismatch() const { return mismatch_; }
  const Error* transport_failure() const;

  /// A peer for whom something waits now, or nobody.
  Rank waits_for() const;

  /// Adds descriptors that poll readable when a transport has something to do.
  void add_wait_descriptors(std::vector<int>& all) const;

 private:
  bool is_visited() const;
  void launch(Operation& operation);
  [[gnu::noinline]] void tie(Operation& operation);
  bool is_over_at_once(Operation& operation);
  void enqueue(Operation& operation);
  void choose_stores(Operation& operation) const;
  static bool announce(const Program& program, std::uint32_t digest);
  bool progress_lanes();
  void note_mismatch(const LaneRun& run, const Operation& operation);
  void retire();
  bool is_drained() const;
  static bool loans_returned(const Operation& operation);
  static void note_duration(const Operation& operation);
  void let_go(Operation& operation);

  std::span<Transport* const> transports_;
  Pace pace_;
  Staging staging_;
  std::deque<std::pair<LaneRun*, Operation*>> lanes_[max_lanes];
  std::vector<LaneIndex> busy_;                         // lanes with something to run
  std::vector<std::unique_ptr<Operation>> operations_;  // those that no caller keeps
  std::vector<Operation*> prepared_;
  std::vector<Operation*> active_;
  std::vector<Operation*> spare_;  // of our own: they keep their memory for the next
  std::size_t moved_all_ = 0;      // of the active: those that have nothing to move any more
  Ticket last_ = 0;
  std::optional<Mismatch> mismatch_;
};

}  // namespace treering
