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
    std::size_t steps = 0;
    for (const Runner& runner : wiring.runners) {
      progress_.push_back({steps, 0});
      steps += runner.plan->steps.size() + 1;
    }
    is_done_.resize(steps);
    until_ns_.resize(steps);
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
      const std::size_t steps = wiring_.runners[runner].plan->steps.size();
      if (progress.head < steps)
        return Error{Code::internal_error, "nobody can move: " + where(wiring_.runners[runner], progress.head) +
                                               " waits (all others wait too, or are done) prove the algorithm with "
                                               "check()"};
      last_ns = std::max(last_ns, until_ns_[progress.first + steps]);
    }
    return last_ns;
  }

 private:
  /// Of the steps of all runners, one more each: those of this one from `first` on.
  struct Progress {
    std::size_t first;
    std::size_t head;  // the first step that is not done
  };
  static constexpr std::uint32_t none = ~std::uint32_t{};
  /// What is on its way, in the order in which it is taken.
  struct Wire {
    std::uint32_t next = none, last = none;  // of messages_
  };
  struct Message {
    std::uint64_t arrives_ns;
    std::uint32_t next;  // on the same wire
  };

  void send(Wire& wire, std::uint64_t arrives_ns) {
    const auto sent = static_cast<std::uint32_t>(messages_.size());
    messages_.push_back({arrives_ns, none});
    (wire.next == none ? wire.next : messages_[wire.last].next) = sent;
    wire.last = sent;
  }
  std::uint64_t receive(Wire& wire) {
    const Message& message = messages_[wire.next];
    wire.next = message.next;
    return message.arrives_ns;
  }

  /// Every step that `after` allows must be tried: less is a deadlock.
  void pass(std::size_t index) {
    const std::vector<Step>& steps = wiring_.runners[index].plan->steps;
    Progress& progress = progress_[index];
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t i = progress.head; i < steps.size() && steps[i].after <= progress.head; ++i)
        if (!is_done_[progress.first + i] && steps[i].behind <= progress.head && has_all(index, steps[i])) {
          take(index, i);
          moved = true;
        }
    }
  }

  bool has_all(std::size_t index, const Step& step) const {
    const Runner& mine = wiring_.runners[index];
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
      const Wire& wire = wires_[mine.wires[a]];
      if (mine.plan->acts[a].verb == Verb::recv && wire.next == none) return false;
    }
    return true;
  }

  void take(std::size_t index, std::size_t i) {
    const Runner& mine = wiring_.runners[index];
    const Step& step = mine.plan->steps[i];
    Progress& progress = progress_[index];
    std::uint64_t now_ns = until_ns_[progress.first + step.behind];
    for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
      const Act& word = mine.plan->acts[a];
      if (!on_wire(word)) continue;
      Wire& wire = wires_[mine.wires[a]];
      if (word.verb == Verb::recv) {
        now_ns = std::max(now_ns, receive(wire));
      } else {
        const Delay delay = delay_between_(mine.rank, word.peer);
        send(wire, now_ns + delay.alpha_ns);
        now_ns += delay.overhead_ns;
        ready_.push_back(wiring_.paths[mine.wires[a]].to);
      }
    }
    is_done_[progress.first + i] = true;
    until_ns_[progress.first + i + 1] = now_ns;
    while (progress.head < mine.plan->steps.size() && is_done_[progress.first + progress.head]) {
      const std::size_t next = progress.first + ++progress.head;
      until_ns_[next] = std::max(until_ns_[next], until_ns_[next - 1]);
    }
  }

  const Wiring& wiring_;
  const DelayBetween& delay_between_;
  std::vector<Progress> progress_;  // of the runners
  std::vector<bool> is_done_;
  std::vector<std::uint64_t> until_ns_;  // [i]: when the steps before i are done; known up to `head`, before: own times
  std::vector<Message> messages_;
  std::vector<Wire> wires_;
  std::vector<std::size_t> ready_;  // runners to which something has come
};

}  // namespace

Result<std::uint64_t> longest_chain_ns(const Wiring& wiring, const DelayBetween& delay_between) {
  return Chain(wiring, delay_between).run();
}

}  // namespace treering
