#include "simulation/simulation.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace treering {

Simulation::Simulation(const Wiring& wiring, Network& network, const Constants& constants, std::uint64_t element_bytes)
    : wiring_(wiring),
      network_(network),
      constants_(constants),
      element_bytes_(element_bytes),
      slice_(std::max<std::uint64_t>(1, constants.slice_bytes / element_bytes)),
      wires_(wiring.paths.size()),
      until_ps_(static_cast<std::size_t>(network.ranks())),
      worked_ps_(until_ps_.size()) {
  std::size_t steps = 0;
  for (const Runner& runner : wiring.runners) {
    const std::uint64_t round = runner.plan->circulates ? std::max<std::uint64_t>(1, constants.window / 2) * slice_
                                                        : std::numeric_limits<std::uint64_t>::max();
    progress_.push_back({.first_step = steps, .head = 0, .limit = round, .round = round});
    steps += runner.plan->steps.size();
  }
  moved_.resize(steps);
  outcome_.busy_ps.resize(2 * network.topology().links().size());
  free_ps_.resize(outcome_.busy_ps.size());
}

/// Routes, and windows: slots are counted only where more slices are sent than a window holds.
Result<void> Simulation::lay_wires() {
  std::vector<std::uint64_t> slices(wires_.size());
  for (const Runner& runner : wiring_.runners)
    for (const Step& step : runner.plan->steps)
      for (std::uint32_t a = step.act; a < step.act + step.acts; ++a)
        if (runner.plan->acts[a].verb == Verb::send) slices[runner.wires[a]] += (step.count + slice_ - 1) / slice_;
  for (std::size_t i = 0; i < wires_.size(); ++i) {
    const Runner& from = wiring_.runners[wiring_.paths[i].from];
    Wire& wire = wires_[i];
    wire.first_channel = static_cast<std::uint32_t>(channels_.size());
    if (auto found = network_.append_route(from.rank, wiring_.runners[wiring_.paths[i].to].rank, channels_); !found)
      return found;
    wire.channels = static_cast<std::uint32_t>(channels_.size() - wire.first_channel);
    for (std::size_t c = wire.first_channel; c < channels_.size(); ++c)
      wire.latency_ps = later(wire.latency_ps, network_.latency_ps(channels_[c]));
    wire.window = std::max<std::uint32_t>(constants_.window, from.plan->circulates ? 2 : 1);
    wire.first_credit = static_cast<std::uint32_t>(credits_.size());
    wire.counts = slices[i] > wire.window;
    if (wire.counts) credits_.resize(credits_.size() + wire.window);
  }
  return {};
}

Result<Outcome> Simulation::run() {
  try_all();
  while (!events_.is_empty()) {
    const Event event = events_.take();
    now_ps_ = event.time_ps;
    if (event.stage == wakes)
      try_runner(event.subject);
    else if (event.stage < wires_[event.subject].channels)
      pass_channel(event);
    else
      arrive(event.subject);
  }
  if (over_ < progress_.size()) return Error{Code::internal_error, stuck()};
  outcome_.time_ps = *std::ranges::max_element(until_ps_);
  if (outcome_.time_ps == endless_ps) return endless_error();
  outcome_.busiest_processor = *std::ranges::max_element(worked_ps_);
  return std::move(outcome_);
}

/// At the start the lanes of a rank take turns.
void Simulation::try_all() {
  for (std::uint32_t first = 0, end = 0; first < progress_.size(); first = end) {
    while (end < progress_.size() && wiring_.runners[end].rank == wiring_.runners[first].rank) ++end;
    for (std::uint32_t runner = first; runner < end; ++runner) settle(runner);
    for (bool again = true; again;) {
      again = false;
      for (std::uint32_t runner = first; runner < end; ++runner) again |= pass(runner);
    }
  }
}

void Simulation::try_runner(std::uint32_t runner) {
  while (pass(runner)) {
  }
}

/// One slice of every step that may move one. Every step that `after` allows must be tried: less is a deadlock.
bool Simulation::pass(std::uint32_t runner) {
  const Lane& plan = *wiring_.runners[runner].plan;
  const std::size_t head = progress_[runner].head;
  bool moved = false;
  for (std::size_t i = head; i < plan.steps.size() && plan.steps[i].after <= head; ++i) moved |= advance(runner, i);
  if (moved) settle(runner);
  return moved;
}

/// Moves head and round on, past all that is over.
void Simulation::settle(std::uint32_t runner) {
  const std::vector<Step>& steps = wiring_.runners[runner].plan->steps;
  Progress& progress = progress_[runner];
  for (;;) {
    while (progress.head < steps.size() && moved_[progress.first_step + progress.head] == end_of(runner, progress.head))
      ++progress.head;
    if (progress.head < steps.size()) return;
    if (std::ranges::all_of(steps, [&](const Step& step) { return step.count <= progress.limit; })) break;
    progress.limit += progress.round;
    progress.head = 0;
  }
  ++over_;
}

/// Elements of a step that belong to the rounds so far.
std::uint64_t Simulation::end_of(std::uint32_t runner, std::size_t step) const {
  return std::min(wiring_.runners[runner].plan->steps[step].count, progress_[runner].limit);
}

bool Simulation::advance(std::uint32_t runner, std::size_t step) {
  std::uint64_t& moved = moved_[progress_[runner].first_step + step];
  const std::uint64_t count = std::min(slice_, end_of(runner, step) - moved);
  if (count == 0 || !can_move(runner, step, moved, count)) return false;
  move(runner, step, count * element_bytes_);
  moved += count;
  return true;
}

bool Simulation::can_move(std::uint32_t runner, std::size_t i, std::uint64_t moved, std::uint64_t count) {
  const Runner& mine = wiring_.runners[runner];
  const Step& step = mine.plan->steps[i];
  const Progress& progress = progress_[runner];
  for (std::size_t j = std::max<std::size_t>(progress.head, step.after); j < step.behind; ++j) {
    const std::uint64_t theirs = moved_[progress.first_step + j];
    if (theirs < moved + count && theirs < end_of(runner, j)) return false;
  }
  for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {  // no sentence names a wire twice: one slot each
    const Verb verb = mine.plan->acts[a].verb;
    if (verb == Verb::recv && wires_[mine.wires[a]].arrived == wires_[mine.wires[a]].consumed) return false;
    if (verb == Verb::send && !has_slot(mine.wires[a], runner)) return false;
  }
  return true;
}

/// By the time at which the processor comes to it. If not, the runner will be woken when there is one.
bool Simulation::has_slot(std::uint32_t number, std::uint32_t runner) {
  Wire& wire = wires_[number];
  if (wire.sent < wire.window) return true;
  const std::uint32_t needed = wire.sent - wire.window;
  if (wire.consumed <= needed) {
    wire.blocked = true;
    return false;
  }
  const std::uint64_t back_ps = credits_[wire.first_credit + needed % wire.window];
  if (back_ps <= std::max(now_ps_, until_ps_[static_cast<std::size_t>(wiring_.runners[runner].rank)])) return true;
  if (wire.woken_for != wire.sent) events_.add({.time_ps = back_ps, .subject = runner, .stage = wakes});
  wire.woken_for = wire.sent;
  return false;
}

/// The work of one slice: it occupies the processor, and its messages set out.
void Simulation::move(std::uint32_t runner, std::size_t i, std::uint64_t bytes) {
  const Runner& mine = wiring_.runners[runner];
  const Step& step = mine.plan->steps[i];
  const auto rank = static_cast<std::size_t>(mine.rank);
  const std::uint64_t begun_ps = std::max(now_ps_, until_ps_[rank]);
  std::uint64_t time_ps = begun_ps;
  bool has_value = false;
  for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
    const Act& word = mine.plan->acts[a];
    if (takes(word)) {
      if (word.verb == Verb::recv) time_ps = later(time_ps, constants_.recv_overhead_ps);
      if (has_value) time_ps = later(time_ps, treering::time_ps(bytes, constants_.reduction_mb_per_s));
      has_value = true;
    } else if (word.verb == Verb::store) {
      time_ps = later(time_ps, treering::time_ps(bytes, constants_.memory_copy_mb_per_s));
    } else if (word.verb == Verb::send) {
      time_ps = later(time_ps, constants_.send_overhead_ps);
      ++wires_[mine.wires[a]].sent;
      ++outcome_.slices;
      events_.add({.time_ps = time_ps,
                   .tail_ps = time_ps,
                   .subject = mine.wires[a],
                   .bytes = static_cast<std::uint32_t>(bytes)});
    }
  }
  for (std::uint32_t a = step.act; a < step.act + step.acts; ++a)
    if (mine.plan->acts[a].verb == Verb::recv) release(mine.wires[a], time_ps);
  until_ps_[rank] = time_ps;
  worked_ps_[rank] += time_ps - begun_ps;
}

/// Gives a slot back to the sender.
void Simulation::release(std::uint32_t number, std::uint64_t time_ps) {
  Wire& wire = wires_[number];
  const std::uint64_t back_ps = later(time_ps, wire.latency_ps);
  const std::uint32_t slot = wire.consumed++ % wire.window;
  if (!wire.counts) return;
  credits_[wire.first_credit + slot] = back_ps;
  if (!std::exchange(wire.blocked, false)) return;
  events_.add({.time_ps = back_ps, .subject = static_cast<std::uint32_t>(wiring_.paths[number].from), .stage = wakes});
}

void Simulation::pass_channel(const Event& event) {
  const Wire& wire = wires_[event.subject];
  const Channel channel = channels_[wire.first_channel + event.stage];
  const std::uint64_t entered_ps = std::max(event.time_ps, free_ps_[channel]);
  const std::uint64_t busy_ps = treering::time_ps(event.bytes, network_.mb_per_s(channel));
  const std::uint64_t left_ps = later(entered_ps, busy_ps);
  free_ps_[channel] = left_ps;
  outcome_.busy_ps[channel] += busy_ps;
  const std::uint64_t latency_ps = network_.latency_ps(channel);
  const std::uint64_t tail_ps = later(std::max(event.tail_ps, left_ps), latency_ps);
  const bool is_last = event.stage + 1 == wire.channels;
  events_.add({.time_ps = is_last ? tail_ps : later(entered_ps, latency_ps),
               .tail_ps = tail_ps,
               .subject = event.subject,
               .stage = event.stage + 1,
               .bytes = event.bytes});
}

void Simulation::arrive(std::uint32_t number) {
  ++wires_[number].arrived;
  try_runner(static_cast<std::uint32_t>(wiring_.paths[number].to));
}

std::string Simulation::stuck() const {
  for (std::size_t runner = 0; runner < progress_.size(); ++runner) {
    const std::size_t head = progress_[runner].head;
    if (head < wiring_.runners[runner].plan->steps.size())
      return "nobody can move: " + where(wiring_.runners[runner], head) +
             " waits (all others wait too, or are done) prove the algorithm with check()";
  }
  return "";
}

}  // namespace treering
