// One run of the simulator, from the first event to the last.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schedule/wiring.hpp"
#include "simulation/event_queue.hpp"
#include "simulation/simulate.hpp"

namespace treering {

class Simulation {
 public:
  /// Borrows all of them.
  Simulation(const Wiring& wiring, Network& network, const Constants& constants, std::uint64_t element_bytes);

  Result<void> lay_wires();
  Result<Outcome> run();

 private:
  static constexpr std::uint32_t wakes = 0xffffffff;  // a stage: the subject is a runner that is to be tried

  struct Wire {
    std::uint32_t first_channel = 0;  // of channels_
    std::uint32_t first_credit = 0;   // of credits_: the times at which its slots come back, a ring of `window`
    std::uint32_t window = 0;
    std::uint32_t sent = 0;
    std::uint32_t arrived = 0;
    std::uint32_t consumed = 0;
    std::uint32_t channels = 0;
    bool counts = false;          // slots: more slices are sent than a window holds
    bool blocked = false;         // the sender waits until a slot is given back
    std::uint32_t woken_for = 0;  // the slice whose sender is woken when the slot that it needs comes back
    std::uint64_t latency_ps = 0;
  };
  struct Progress {
    std::size_t first_step = 0;  // of moved_
    std::size_t head = 0;
    std::uint64_t limit = 0;  // elements [0, limit) of every step belong to this round or an earlier one
    std::uint64_t round = 0;
  };

  void try_all();
  void try_runner(std::uint32_t runner);
  bool pass(std::uint32_t runner);
  void settle(std::uint32_t runner);
  bool advance(std::uint32_t runner, std::size_t step);
  bool can_move(std::uint32_t runner, std::size_t step, std::uint64_t moved, std::uint64_t count);
  bool has_slot(std::uint32_t wire, std::uint32_t runner);
  void move(std::uint32_t runner, std::size_t step, std::uint64_t bytes);
  void release(std::uint32_t wire, std::uint64_t time_ps);
  void pass_channel(const Event& event);
  void arrive(std::uint32_t wire);
  std::uint64_t end_of(std::uint32_t runner, std::size_t step) const;
  std::string stuck() const;

  const Wiring& wiring_;
  Network& network_;
  const Constants& constants_;
  const std::uint64_t element_bytes_;
  const std::uint64_t slice_;  // elements
  EventQueue events_;
  std::uint64_t now_ps_ = 0;
  std::vector<Wire> wires_;
  std::vector<Channel> channels_;        // of all routes
  std::vector<std::uint64_t> credits_;   // ps
  std::vector<std::uint64_t> free_ps_;   // when each channel is free again
  std::vector<Progress> progress_;       // of the runners
  std::vector<std::uint64_t> moved_;     // elements of each step of each runner
  std::vector<std::uint64_t> until_ps_;  // when the processor of each rank is free again
  std::vector<std::uint64_t> worked_ps_;
  std::size_t over_ = 0;  // runners
  Outcome outcome_;
};

}  // namespace treering
