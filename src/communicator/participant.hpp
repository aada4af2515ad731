// One rank's part in a communicator: its wires, its engine, its plans, and what it knows of its peers.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "communicator/request.hpp"
#include "execution/engine.hpp"
#include "startup/unique_id.hpp"
#include "treering/result.hpp"

namespace treering {

/// What may differ from communicator to communicator. Zero and empty: as the options say.
struct Settings {
  std::string name;                            ///< for messages
  std::chrono::milliseconds start_timeout{0};  ///< for all ranks to meet
  std::chrono::milliseconds operation_timeout{
      0};  ///< an operation that takes longer fails; 0: as the options say (never)
};

struct ParticipantParts;

/// Threads: one at a time, except abort(), failure() and the getters, which any thread may call at any time.
class Participant {
 public:
  /// Joins the communicator that `id` names as `rank` of `ranks`. Waits for all of them, at most until the start
  /// timeout; the error names who is missing. `cancelled`, where given, is looked at while waiting.
  static Result<std::unique_ptr<Participant>> join(const UniqueId& id, Rank rank, Rank ranks, const Settings& settings,
                                                   const std::atomic<bool>* cancelled = nullptr);
  ~Participant();

  Rank rank() const;
  Rank ranks() const;

  /// Starts operations that make progress together: a group, or a single call. Plans them, opens the wires that they
  /// need, and moves what can be moved at once. The requests are valid on their own (src/api has seen to it). Buffers
  /// stay the caller's and must live until the ticket is done.
  Result<Ticket> start(std::span<const Request> requests);

  /// Moves what can be moved now. True if anything did.
  bool progress();

  /// Is the operation over? A failed participant is done with everything: ask failure().
  bool done(Ticket ticket) const;

  /// The first failure, or nothing. Sticky; the same first cause on all ranks where it can be known.
  std::optional<Error> failure() const;

  /// Fails this participant and, as a courtesy, tells the peers. Any thread, any number of times; returns at once.
  void abort(const Error& cause);

  /// All operations are over and all peers have said so, or the deadline has passed.
  Result<void> finalize();

  /// What was found and chosen at start, on one screen: overview().
  std::string summary() const;

 private:
  friend Result<void> wait_for(std::span<Participant* const> participants, std::span<const Ticket> tickets);
  [[gnu::noinline]] static Result<void> drive(std::span<Participant* const> participants, std::span<const Ticket> tickets);
  explicit Participant(std::unique_ptr<ParticipantParts> parts);
  std::unique_ptr<ParticipantParts> parts_;
};

/// Drives all participants until ticket k of participant k is done, for every k, or one of them fails (its error). The
/// one place where host code waits: spins briefly, then sleeps until a peer wakes it.
Result<void> wait_for(std::span<Participant* const> participants, std::span<const Ticket> tickets);

}  // namespace treering
