#include "schedule/one_port.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "schedule/wiring.hpp"

namespace treering {
namespace {

/// An element that waits at its sender.
struct Waiting {
  std::uint64_t since;
  std::uint32_t step;
  std::uint64_t element;
};

class OnePort {
 public:
  OnePort(Wiring wiring, std::size_t ranks, const MayCross& may_cross)
      : wiring_(std::move(wiring)),
        may_cross_(may_cross),
        ranks_(ranks),
        progress_(wiring_.runners.size()),
        waiting_(wiring_.paths.size()),
        arrived_(wiring_.paths.size()) {
    for (std::size_t runner = 0; runner < progress_.size(); ++runner)
      progress_[runner].moved.resize(wiring_.runners[runner].plan->steps.size());
  }

  Result<std::uint64_t> run() {
    constexpr std::uint64_t longest_pause = 1000;
    std::uint64_t pause = 0;
    for (std::size_t runner = 0; runner < progress_.size(); ++runner) compute(runner);
    while (over_ < progress_.size()) {
      const bool anything_waits = std::ranges::any_of(waiting_, [](const auto& queue) { return !queue.empty(); });
      if (!anything_waits || pause == longest_pause)
        return Error{Code::internal_error,
                     "nobody can move at time " + std::to_string(time_) +
                         (anything_waits ? " (the rule refuses all that wait)" : " (all wait for messages)")};
      const auto receivers = cross();
      ++time_;
      pause = receivers.empty() ? pause + 1 : 0;
      for (const std::size_t runner : receivers) compute(runner);
    }
    return time_;
  }

 private:
  struct Progress {
    std::vector<std::uint64_t> moved;
    std::size_t head = 0;
    bool over = false;
  };

  /// Moves every step of a lane as far as it can with what has arrived: that costs no time.
  void compute(std::size_t runner) {
    const Lane& plan = *wiring_.runners[runner].plan;
    Progress& progress = progress_[runner];
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t i = progress.head; i < plan.steps.size() && plan.steps[i].after <= progress.head; ++i)
        while (can_move(runner, i)) {
          move(runner, i);
          moved = true;
        }
      while (progress.head < plan.steps.size() && progress.moved[progress.head] == plan.steps[progress.head].count)
        ++progress.head;
    }
    if (progress.over || progress.head < plan.steps.size()) return;
    progress.over = true;
    ++over_;
  }

  bool can_move(std::size_t runner, std::size_t i) const {
    const Runner& mine = wiring_.runners[runner];
    const Step& step = mine.plan->steps[i];
    const Progress& progress = progress_[runner];
    const std::uint64_t moved = progress.moved[i];
    if (moved == step.count) return false;
    for (std::size_t j = std::max<std::size_t>(progress.head, step.after); j < step.behind; ++j)
      if (progress.moved[j] < mine.plan->steps[j].count && progress.moved[j] <= moved) return false;
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a)
      if (mine.plan->acts[a].verb == Verb::recv && arrived_[mine.wires[a]] == 0) return false;
    return true;
  }

  void move(std::size_t runner, std::size_t i) {
    const Runner& mine = wiring_.runners[runner];
    const Step& step = mine.plan->steps[i];
    const std::uint64_t element = progress_[runner].moved[i]++;
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
      if (mine.plan->acts[a].verb == Verb::recv) --arrived_[mine.wires[a]];
      if (mine.plan->acts[a].verb == Verb::send)
        waiting_[mine.wires[a]].push_back({time_, static_cast<std::uint32_t>(i), element});
    }
  }

  /// One step of time. Returns the runners to which something came.
  std::vector<std::size_t> cross() {
    std::vector<std::tuple<std::uint64_t, std::size_t, std::size_t>> candidates;  // since, path.from, wire
    for (std::size_t wire = 0; wire < waiting_.size(); ++wire)
      if (!waiting_[wire].empty())
        candidates.emplace_back(waiting_[wire].front().since, wiring_.paths[wire].from, wire);
    std::ranges::sort(candidates);
    std::vector<bool> sends(ranks_);
    std::vector<bool> receives(ranks_);
    std::vector<std::size_t> receivers;
    for (const auto& [since, from_runner, wire] : candidates) {
      const Runner& from = wiring_.runners[from_runner];
      const Rank to = wiring_.runners[wiring_.paths[wire].to].rank;
      const Waiting& first = waiting_[wire].front();
      auto&& sending = sends[static_cast<std::size_t>(from.rank)];
      auto&& receiving = receives[static_cast<std::size_t>(to)];
      if (sending || receiving) continue;
      if (may_cross_ && !may_cross_({time_, from.rank, to, from.lane, first.step, first.element})) continue;
      sending = receiving = true;
      waiting_[wire].pop_front();
      ++arrived_[wire];
      receivers.push_back(wiring_.paths[wire].to);
    }
    return receivers;
  }

  Wiring wiring_;
  const MayCross& may_cross_;
  std::size_t ranks_;
  std::vector<Progress> progress_;
  std::vector<std::deque<Waiting>> waiting_;  // of each wire, at the sender
  std::vector<std::uint64_t> arrived_;        // of each wire: elements not yet taken
  std::size_t over_ = 0;
  std::uint64_t time_ = 0;
};

}  // namespace

Result<std::uint64_t> one_port_steps(std::span<const Schedule> schedules, const MayCross& may_cross) {
  auto wiring = wiring_of(schedules);
  if (!wiring) return std::move(wiring).error();
  return OnePort(*std::move(wiring), schedules.size(), may_cross).run();
}

}  // namespace treering
