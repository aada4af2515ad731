#include "planning/chain.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace treering {
namespace {

using DelayBetween = std::function<Delay(Rank from, Rank to)>;

class Chain {
 public:
  Chain(const Wiring& wiring, const DelayBetween& delay_between)
      : wiring_(wiring), delay_between_(delay_between), wires_(wiring.paths.size()) {
    for (const Runner& runner : wiring.runners) {
      const std::size_t steps = runner.plan->steps.size();
      progress_.push_back({std::vector<bool>(steps), std::vector<std::uint64_t>(steps + 1), 0});
    }
  }

  Result<std::uint64_t> run() {
    for (std::size_t runner = 0; runner < progress_.size(); ++runner) ready_.push_back(runner);
    while (!ready_.empty()) {
      const std::size_t runner = ready_.back();
      ready_.pop_back();
      pass(runner);
    }
    std::uint64_t last_ns = 0;
    for (std::size_t runner = 0; runner < progress_.size(); ++runner) {
      const Progress& progress = progress_[runner];
      if (progress.head < progress.is_done.size())
        return Error{Code::internal_error, "nobody can move: " + where(wiring_.runners[runner], progress.head) +
                                               " waits (all others wait too, or are done) prove the algorithm with "
                                               "check()"};
      last_ns = std::max(last_ns, progress.until_ns.back());
    }
    return last_ns;
  }

 private:
  struct Progress {
    std::vector<bool> is_done;
    std::vector<std::uint64_t>
        until_ns;      // [i]: when the steps before i are done; known up to `head`, before: own times
    std::size_t head;  // the first step that is not done
  };
  struct Wire {
    std::vector<std::uint64_t> arrives_ns;
    std::size_t taken = 0;
  };

  /// Every step that `after` allows must be tried: less is a deadlock.
  void pass(std::size_t index) {
    const std::vector<Step>& steps = wiring_.runners[index].plan->steps;
    Progress& progress = progress_[index];
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t i = progress.head; i < steps.size() && steps[i].after <= progress.head; ++i)
        if (!progress.is_done[i] && steps[i].behind <= progress.head && has_all(index, steps[i])) {
          take(index, i);
          moved = true;
        }
    }
  }

  bool has_all(std::size_t index, const Step& step) const {
    const Runner& mine = wiring_.runners[index];
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
      const Wire& wire = wires_[mine.wires[a]];
      if (mine.plan->acts[a].verb == Verb::recv && wire.taken == wire.arrives_ns.size()) return false;
    }
    return true;
  }

  void take(std::size_t index, std::size_t i) {
    const Runner& mine = wiring_.runners[index];
    const Step& step = mine.plan->steps[i];
    Progress& progress = progress_[index];
    std::uint64_t now_ns = progress.until_ns[step.behind];
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
      const Act& word = mine.plan->acts[a];
      if (!on_wire(word)) continue;
      Wire& wire = wires_[mine.wires[a]];
      if (word.verb == Verb::recv) {
        now_ns = std::max(now_ns, wire.arrives_ns[wire.taken++]);
      } else {
        const Delay delay = delay_between_(mine.rank, word.peer);
        wire.arrives_ns.push_back(now_ns + delay.alpha_ns);
        now_ns += delay.overhead_ns;
        ready_.push_back(wiring_.paths[mine.wires[a]].to);
      }
    }
    progress.is_done[i] = true;
    progress.until_ns[i + 1] = now_ns;
    while (progress.head < progress.is_done.size() && progress.is_done[progress.head]) {
      const std::size_t next = ++progress.head;
      progress.until_ns[next] = std::max(progress.until_ns[next], progress.until_ns[next - 1]);
    }
  }

  const Wiring& wiring_;
  const DelayBetween& delay_between_;
  std::vector<Progress> progress_;  // of the runners
  std::vector<Wire> wires_;
  std::vector<std::size_t> ready_;  // runners to which something has come
};

}  // namespace

Result<std::uint64_t> longest_chain_ns(const Wiring& wiring, const DelayBetween& delay_between) {
  return Chain(wiring, delay_between).run();
}

}  // namespace treering
