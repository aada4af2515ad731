#include "simgrid/simgrid_messages.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "schedule/wiring.hpp"

namespace treering::test {
namespace {

/// An activity's number.
using Activity = std::size_t;

class Writer {
 public:
  Writer(const Wiring& wiring, Network& network, const Constants& constants, Departure departure)
      : wiring_(wiring),
        network_(network),
        constants_(constants),
        departure_(departure),
        joins_(wiring.runners.size()),
        sent_(wiring.paths.size()),
        consumed_(wiring.paths.size()) {}

  std::string text() && {
    write_network();
    for (std::size_t runner = 0; runner < joins_.size(); ++runner) write_activities(runner);
    for (std::size_t runner = 0; runner < joins_.size(); ++runner) write_waits(runner);
    return std::move(text_);
  }

 private:
  template <class... Values>
  void write(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }

  void write_network() {
    write("hosts {}\n", network_.ranks());
    for (Channel channel = 0; channel < 2 * network_.topology().links().size(); ++channel)
      write("link {} {}\n", network_.mb_per_s(channel), static_cast<double>(network_.latency_ps(channel)) / 1e6);
    std::set<std::pair<Rank, Rank>> pairs;
    for (const Path& path : wiring_.paths) {
      const Rank a = wiring_.runners[path.from].rank, b = wiring_.runners[path.to].rank;
      pairs.insert({a, b});
    }
    for (const auto& [from, to] : pairs) {
      std::vector<Channel> route;
      const auto found = network_.append_route(from, to, route);
      EXPECT_TRUE(found) << found.error().message;
      write("route {} {} {} {}\n", from, to, route.size(), fmt::join(route, " "));
    }
  }

  /// A join for each slice of each step, where all comes together that it waits for; and its messages.
  void write_activities(std::size_t index) {
    const Runner& runner = wiring_.runners[index];
    for (const Step& step : runner.plan->steps) {
      joins_[index].emplace_back();
      std::optional<Activity> last;
      for (std::uint64_t first = 0; first < step.count; first += constants_.slice_bytes) {
        joins_[index].back().push_back(activities_);
        write("join {}\n", runner.rank);
        const Activity join = activities_++;
        for (std::uint32_t a = step.act; a < step.act + step.acts; ++a) {
          const Act& word = runner.plan->acts[a];
          if (word.verb == Verb::recv) consumed_[runner.wires[a]].push_back(join);
          if (word.verb != Verb::send) continue;
          write("message {} {} {}\n", runner.rank, word.peer, std::min(constants_.slice_bytes, step.count - first));
          sent_[runner.wires[a]].push_back(activities_);
          wait(activities_, join);
          if (last && departure_ == Departure::one_after_another) wait(activities_, *last);
          last = activities_++;
        }
      }
    }
  }

  void write_waits(std::size_t index) {
    const Runner& runner = wiring_.runners[index];
    for (std::size_t i = 0; i < joins_[index].size(); ++i)
      for (std::size_t slice = 0; slice < joins_[index][i].size(); ++slice) {
        const Step& step = runner.plan->steps[i];
        const Activity join = joins_[index][i][slice];
        if (slice > 0) wait(join, joins_[index][i][slice - 1]);
        for (std::size_t j = 0; j < step.behind; ++j) {
          const auto& others = joins_[index][j];
          wait(join, j < step.after ? others.back() : others[std::min(slice, others.size() - 1)]);
        }
        for (std::uint32_t a = step.act; a < step.act + step.acts; ++a)
          wait_for_wire(join, runner.plan->acts[a].verb, runner.wires[a]);
      }
  }

  void wait_for_wire(Activity join, Verb verb, std::uint32_t wire) {
    if (verb == Verb::recv) wait(join, sent_[wire][received_[wire]++]);
    if (verb != Verb::send) return;
    const std::size_t number = sending_[wire]++;
    if (number < constants_.window) return;
    wait(join, consumed_[wire][number - constants_.window]);
  }

  void wait(Activity later, Activity earlier) {
    if (waits_.insert({later, earlier}).second) write("wait {} {}\n", later, earlier);
  }

  const Wiring& wiring_;
  Network& network_;
  const Constants& constants_;
  const Departure departure_;
  std::vector<std::vector<std::vector<Activity>>> joins_;  // of each runner, step and slice
  std::vector<std::vector<Activity>> sent_;                // messages of each wire
  std::vector<std::vector<Activity>> consumed_;            // joins that take them
  std::vector<std::size_t> received_ = std::vector<std::size_t>(sent_.size());
  std::vector<std::size_t> sending_ = std::vector<std::size_t>(sent_.size());
  std::set<std::pair<Activity, Activity>> waits_;
  Activity activities_ = 0;
  std::string text_;
};

}  // namespace

std::string messages_for_simgrid(const std::vector<Schedule>& schedules, Network& network, const Constants& constants,
                                 Departure departure) {
  const auto wiring = wiring_of(schedules);
  EXPECT_TRUE(wiring) << wiring.error().message;
  return wiring ? Writer(*wiring, network, constants, departure).text() : "";
}

}  // namespace treering::test
