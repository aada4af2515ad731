#include "tools/topo/prediction.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "options/option_values.hpp"
#include "planning/predict.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

/// As many as are simulated in some hundredths of a second; and of as many ranks, 32 in each of two trees.
std::uint64_t most_slices(Rank ranks) {
  return std::max<std::uint64_t>(1 << 14, std::uint64_t{128} * static_cast<std::uint64_t>(ranks));
}

constexpr std::uint64_t element_bytes = sizeof(float);

/// A round figure for what a processor does about a message at either end; said in the output.
constexpr Constants constants{.send_overhead_ps = 250'000, .recv_overhead_ps = 250'000};

std::string time_text(std::uint64_t ps) {
  const double us = static_cast<double>(ps) / 1e6;
  if (us < 1000) return fmt::format("{:.3g} us", us);
  return us < 1e6 ? fmt::format("{:.4g} ms", us / 1e3) : fmt::format("{:.4g} s", us / 1e6);
}

std::string busiest_text(const topology::Topology& topology, const Prediction& prediction) {
  const topology::Link& link = topology.link(prediction.busiest / 2);
  const bool back = prediction.busiest % 2 == 1;
  return fmt::format("{} to {} ({:.0f} %)", name_of(topology, back ? link.to : link.from),
                     name_of(topology, back ? link.from : link.to),
                     100 * static_cast<double>(prediction.busy_ps) / static_cast<double>(prediction.time_ps));
}

/// "0.5 us for 96 pcie links, 0.3 us for 128 nvlink links": latencies that were assumed.
std::string assumed_text(const Network& network) {
  std::string text;
  for (std::size_t type = 0; type < network.assumed_latencies().size(); ++type) {
    const std::uint32_t links = network.assumed_latencies()[type];
    if (links == 0) continue;
    const std::string noun = fmt::format("{} link", topology::name_of(static_cast<topology::LinkType>(type)));
    text += fmt::format("{}{} us for {}", text.empty() ? "" : ", ",
                        static_cast<double>(network.assumed().ps[type]) / 1e6, counted(links, noun));
  }
  return text.empty() ? "" : "Latencies that nobody says are assumed: " + text + ".\n";
}

std::vector<std::string> row_of(const topology::Topology& topology, const Bounded& collective, std::uint64_t bytes,
                                Rank ranks, const Prediction& prediction, const Paint& paint) {
  const double gbs = static_cast<double>(bytes) * 1000 / static_cast<double>(prediction.time_ps);  // bytes/ps = TB/s
  return {std::string(name_of(collective.collective)),
          size_text(bytes),
          std::string(prediction.row->name),
          std::to_string(prediction.lanes),
          time_text(prediction.time_ps),
          fmt::format("{:.4g} GB/s", gbs * bus_factor(collective.collective, ranks)),
          fmt::format("{:.3g} %", 100 * gbs / collective.gbs),
          paint(Colour::strong, busiest_text(topology, prediction))};
}

/// What could not be simulated, and why; each reason once.
class Gaps {
 public:
  void add(const CatalogueRow* row) { too_long_.insert(fmt::format("{} {}", row->name, name_of(row->collective))); }
  void add(const Failed& failed) {
    reasons_[failed.why.message].insert(fmt::format("{} {}", failed.row->name, name_of(failed.row->collective)));
  }
  void add(Collective collective, const Error& why) { reasons_[why.message].emplace(name_of(collective)); }

  std::string text(std::uint64_t most) const {
    std::string text;
    if (!too_long_.empty())
      text = fmt::format("Left out, since it takes more than {} messages: {}.\n", most, fmt::join(too_long_, ", "));
    for (const auto& [reason, names] : reasons_)
      text += fmt::format("Not simulated: {}: {}\n", fmt::join(names, ", "), reason);
    return text;
  }

 private:
  std::set<std::string> too_long_;
  std::map<std::string, std::set<std::string>> reasons_;
};

}  // namespace

double bus_factor(Collective collective, double ranks) {
  if (has_root(collective)) return 1;
  return (collective == Collective::all_reduce ? 2 : 1) * (ranks - 1) / ranks;
}

std::string prediction_text(const topology::Topology& topology, const TopologyGraph& graph,
                            const std::vector<Bounded>& collectives, const std::vector<std::uint64_t>& sizes,
                            const Paint& paint) {
  Network network = network_of(topology, graph);
  const std::uint64_t most = most_slices(network.ranks());
  Table table{
      {{"collective", "size", "algorithm", "lanes", "time", "bus bandwidth", "of the optimum", "busiest link"}}};
  Gaps gaps;
  for (const Bounded& collective : collectives)
    for (const std::uint64_t bytes : sizes) {
      const std::uint64_t elements = std::max<std::uint64_t>(1, bytes / element_bytes);
      const auto best = fastest(collective.collective, elements, element_bytes, network, constants, most);
      if (!best) {
        gaps.add(collective.collective, best.error());
        table.rows.push_back({std::string(name_of(collective.collective)), size_text(bytes), "-"});
        continue;
      }
      for (const CatalogueRow* row : best->left_out) gaps.add(row);
      for (const Failed& failed : best->failed) gaps.add(failed);
      table.rows.push_back(row_of(topology, collective, bytes, network.ranks(), *best, paint));
    }
  return table.text() +
         fmt::format(
             "\nTimes: by simulation of the library's algorithms, the fastest of each. A message takes {} us of "
             "processor time\nat either end, reducing takes none.\n",
             static_cast<double>(constants.send_overhead_ps) / 1e6) +
         assumed_text(network) + gaps.text(most);
}

}  // namespace treering::topo
