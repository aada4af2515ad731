#include "schedule/wiring.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

namespace treering {
namespace {

/// One message as one end of a wire sees it.
struct Message {
  std::size_t step;
  std::uint64_t count;
};

struct Traffic {
  std::vector<Message> sent;
  std::vector<Message> expected;
};

Error refused(std::string what) {
  return Error{Code::internal_error, std::move(what)};
}

Result<void> lanes_agree(std::span<const Schedule> schedules) {
  const auto& first = schedules.front().lanes;
  for (std::size_t rank = 0; rank < schedules.size(); ++rank) {
    const auto& lanes = schedules[rank].lanes;
    const auto who = [&] { return "rank " + std::to_string(rank); };
    if (lanes.size() != first.size())
      return refused(who() + " has " + std::to_string(lanes.size()) + " lanes and rank 0 has " +
                     std::to_string(first.size()) + " (lanes of the same number talk to each other)");
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      const auto at = [&] { return who() + " lane " + std::to_string(lane); };
      if (!lanes[lane].fault.empty()) return refused(at() + " " + lanes[lane].fault);
      if (lanes[lane].circulates != first[lane].circulates)
        return refused(at() +
                       (lanes[lane].circulates ? " circulates and that of rank 0 does not"
                                               : " does not circulate and that of rank 0 does") +
                       " (both ends of a wire run in the same rounds)");
    }
  }
  return {};
}

/// Finds the wires while it walks through all words.
class Matcher {
 public:
  explicit Matcher(std::span<const Schedule> schedules) : schedules_(schedules), lanes_(schedules[0].lanes.size()) {}

  Result<Wiring> match() {
    for (std::size_t rank = 0; rank < schedules_.size(); ++rank)
      for (std::size_t lane = 0; lane < lanes_; ++lane) {
        const Lane& plan = schedules_[rank].lanes[lane];
        wiring_.runners.push_back({static_cast<Rank>(rank), static_cast<std::uint32_t>(lane), &plan,
                                   std::vector<std::uint32_t>(plan.acts.size())});
      }
    reserve();
    for (std::size_t runner = 0; runner < wiring_.runners.size(); ++runner)
      if (auto done = connect(runner); !done) return std::move(done).error();
    for (std::size_t wire = 0; wire < traffic_.size(); ++wire)
      if (auto equal = compare(wire); !equal) return std::move(equal).error();
    return std::move(wiring_);
  }

 private:
  /// For about as many wires as there will be: of sends to one peer in a row only the first can need a new one.
  void reserve() {
    std::size_t wires = 0;
    for (const Runner& runner : wiring_.runners) {
      Rank last = nobody;
      for (const Act& word : runner.plan->acts)
        if (word.verb == Verb::send) wires += std::exchange(last, word.peer) != word.peer;
    }
    wiring_.paths.reserve(wires);
    traffic_.reserve(wires);
    wires_.reserve(wires);
  }

  Result<void> connect(std::size_t index) {
    Runner& runner = wiring_.runners[index];
    const Lane& plan = *runner.plan;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const Step& step = plan.steps[i];
      for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
        const Act& word = plan.acts[a];
        if (!on_wire(word)) continue;
        const bool sends = word.verb == Verb::send;
        if (word.peer < 0 || static_cast<std::size_t>(word.peer) >= schedules_.size() || word.peer == runner.rank)
          return refused(where(runner, i) + (sends ? " sends to rank " : " receives from rank ") +
                         std::to_string(word.peer) + " (peers are the other ranks of 0 to " +
                         std::to_string(schedules_.size() - 1) + ")");
        const std::size_t peer = static_cast<std::size_t>(word.peer) * lanes_ + runner.lane;
        const std::uint32_t wire = sends ? wire_between(index, peer) : wire_between(peer, index);
        runner.wires[a] = wire;
        (sends ? traffic_[wire].sent : traffic_[wire].expected).push_back({i, step.count});
      }
    }
    return {};
  }

  std::uint32_t wire_between(std::size_t from, std::size_t to) {
    const auto [found, is_new] = wires_.try_emplace(from * wiring_.runners.size() + to, wiring_.paths.size());
    if (is_new) {
      wiring_.paths.push_back({from, to});
      traffic_.emplace_back();
    }
    return static_cast<std::uint32_t>(found->second);
  }

  Result<void> compare(std::size_t wire) const {
    const auto& [sent, expected] = traffic_[wire];
    const Runner& from = wiring_.runners[wiring_.paths[wire].from];
    const Runner& to = wiring_.runners[wiring_.paths[wire].to];
    const auto both = [&] {
      return "from rank " + std::to_string(from.rank) + " to rank " + std::to_string(to.rank) + " in lane " +
             std::to_string(from.lane);
    };
    for (std::size_t m = 0; m < std::min(sent.size(), expected.size()); ++m)
      if (sent[m].count != expected[m].count)
        return refused("message " + std::to_string(m) + " " + both() + " is sent with " +
                       std::to_string(sent[m].count) + " elements in step " + std::to_string(sent[m].step) +
                       " and received with " + std::to_string(expected[m].count) + " in step " +
                       std::to_string(expected[m].step) + " (wires have no tags: both ends must say the same)");
    if (sent.size() != expected.size())
      return refused(std::to_string(sent.size()) + " messages are sent " + both() + ", and " +
                     std::to_string(expected.size()) + " are received (both ends must say the same)");
    return {};
  }

  std::span<const Schedule> schedules_;
  std::size_t lanes_;
  Wiring wiring_;
  std::vector<Traffic> traffic_;
  std::unordered_map<std::size_t, std::size_t> wires_;  // by (from, to)
};

}  // namespace

Result<Wiring> wiring_of(std::span<const Schedule> schedules) {
  if (schedules.empty()) return Wiring{};
  if (auto agree = lanes_agree(schedules); !agree) return std::move(agree).error();
  return Matcher(schedules).match();
}

std::string where(const Runner& runner, std::size_t step) {
  return "rank " + std::to_string(runner.rank) + " lane " + std::to_string(runner.lane) + " step " +
         std::to_string(step);
}

}  // namespace treering
