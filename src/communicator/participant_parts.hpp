// What a participant is made of, and how it answers whoever waits for it. Private to the communicator layer.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "communicator/history.hpp"
#include "communicator/links.hpp"
#include "communicator/participant.hpp"
#include "communicator/plans.hpp"
#include "communicator/point_to_point.hpp"
#include "communicator/question.hpp"
#include "communicator/rdma.hpp"
#include "execution/engine.hpp"
#include "execution/wait.hpp"
#include "options/options.hpp"
#include "startup/bootstrap.hpp"
#include "transports/memory.hpp"
#include "transports/own_bell.hpp"

namespace treering {

/// Members are destroyed from the last to the first: what runs on other threads stops before what it touches is gone.
struct ParticipantParts final : Waitable {
  using Clock = std::chrono::steady_clock;

  ParticipantParts(OwnBell own_bell, const Settings& chosen_settings, const Options& chosen_options)
      : settings(chosen_settings), options(chosen_options), own(std::move(own_bell)), bell_of_own(own.bell()) {}
  ~ParticipantParts() override;

  /// After all ranks have met: links, engine, plans, and the ears of the control plane.
  Result<void> meet(const UniqueId& id, Rank rank, Joined joined);

  Result<Ticket> start(std::span<const Request> requests);
  std::optional<Error> failure() const;

  bool has_succeeded(Ticket ticket) const { return engine->done(ticket) && !failed.load(std::memory_order_acquire); }
  /// over() is about this ticket from now on, and waiting begins anew.
  void await(Ticket ticket) {
    awaited = ticket;
    waiting_since_.reset();
  }
  /// doing() speaks of the wait no longer.
  void stop_waiting() {
    if (has_long_wait_) [[unlikely]]
      forget_long_wait();
  }
  /// What slept() does for who waits, for who polls; at most ten times a second.
  void look_now_and_then();

  /// What was found and chosen at start, on one screen. Any thread, once all have met.
  std::string found() const;
  /// What this rank is doing, in a line. Any thread.
  std::string doing() const;

  /// Fails this rank, here and now, unless it has failed already. Any thread.
  void fail_here(const Error& cause);
  /// The same, and the other ranks too.
  void fail_everywhere(const Error& cause);

  bool progress() override;
  bool over() override { return failed.load(std::memory_order_acquire) || engine->done(awaited); }
  const Bell& bell() const override { return bell_of_own; }
  void add_wait_descriptors(std::vector<int>& all) const override { engine->add_wait_descriptors(all); }
  void slept() override;

  const pid_t process = getpid();  ///< a child of fork() has none of the threads that this one needs
  Settings settings;
  Options options;
  Rank rank = nobody;
  Rank ranks = 0;
  Patience patience;
  bool finalized = false;

  mutable std::mutex failure_mutex;
  std::optional<Error> first_failure;
  std::atomic<bool> failed{false};

  OwnBell own;
  Bell bell_of_own;
  History history;
  Rdma rdma;
  Joined joined;
  std::unique_ptr<Links> links;
  struct Release {
    void operator()(std::byte* first) const { static_cast<void>(memory::release(first)); }
  };
  std::unique_ptr<std::byte, Release> staged;  ///< what the engine stages in; given back after the links are closed
  std::unique_ptr<Plans> plans;
  std::unique_ptr<PointToPoint> messages;
  std::unique_ptr<Engine> engine;
  Ticket awaited = 0;

 private:
  Result<Staging> make_staging();
  [[gnu::cold]] Error outgrows_window(const Request& request) const;
  Result<void> prepare(std::span<const Request> requests);
  Result<void> prepare(const Request& request);
  [[gnu::noinline]] Result<void> prepare_messages();
  [[gnu::cold]] Error cannot_start(Error error);
  template <class EngineWork>
  bool survives(const EngineWork& work);
  Error operator_threw(std::string_view what) const;
  void report(Error cause);
  void report_what_broke();
  void find_where_we_parted(const Mismatch& mismatch);
  void look_for_a_mismatch(Clock::time_point now);
  void look_at_the_clock(Clock::time_point now);
  void answer(Rank from, std::span<const std::byte> message);
  void note_long_wait(Clock::time_point now);
  void forget_long_wait();
  Error disagreement(Rank with, std::string_view ours, std::string_view theirs) const;

  /// For whom, and in which operation, this rank was last seen to have waited for long.
  struct LongWait {
    Clock::time_point since, seen;
    Rank peer;
    std::uint64_t operation;
  };
  std::string text_of(const LongWait& wait) const;
  mutable std::mutex long_wait_mutex_;
  std::optional<LongWait> long_wait_;
  bool has_long_wait_ = false;  // the same, for the thread that drives the rank

  // Of the group that is being started:
  std::vector<const Plan*> planned_;
  std::vector<const Request*> group_messages_;
  std::optional<Error> reported_;  // told to the others; their verdict has not come yet
  Clock::time_point reported_at_{};
  unsigned idle_looks_ = 0;  // in progress()
  std::optional<Clock::time_point> waiting_since_;
  Clock::time_point asked_at_{};
  Clock::time_point looked_at_{};
  std::chrono::seconds next_complaint_{0};
};

}  // namespace treering
