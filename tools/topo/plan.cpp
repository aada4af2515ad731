#include "tools/topo/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "planning/topology_graph.hpp"
#include "tools/topo/prediction.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

constexpr std::array planned = {Collective::all_reduce, Collective::all_gather, Collective::reduce_scatter,
                                Collective::broadcast, Collective::reduce};

/// The link of a bottleneck that carries far less than others of it between the same kinds of nodes: "; least of all
/// ..".
std::string slowest_text(const topology::Topology& topology, const TopologyGraph& graph, const Bottleneck& bottleneck) {
  std::map<std::pair<std::string, std::string>, std::pair<EdgeIndex, EdgeIndex>> extremes;  // of each kind
  const std::vector<FlowEdge>& edges = graph.graph.edges;
  for (const EdgeIndex i : bottleneck.edges) {
    const std::vector<FlowNode>& nodes = graph.graph.nodes;
    const auto ends = std::minmax(nodes[edges[i].from].kind, nodes[edges[i].to].kind);
    auto& [least, most] = extremes.try_emplace(ends, i, i).first->second;
    if (edges[i].capacity < edges[least].capacity) least = i;
    if (edges[i].capacity > edges[most].capacity) most = i;
  }
  for (const auto& [ends, of] : extremes)
    if (4 * edges[of.first].capacity < 3 * edges[of.second].capacity)
      return fmt::format("; slowest: {}, {:.4g} GB/s", name_of_link(topology, graph.links[of.first]),
                         static_cast<double>(edges[of.first].capacity) / 1000);
  return "";
}

std::string bottleneck_text(const topology::Topology& topology, const TopologyGraph& graph,
                            const Bottleneck& bottleneck) {
  std::string text =
      fmt::format("{}: {} {}, {:.4g} GB/s in all", bottleneck.words, bottleneck.edges.size(),
                  bottleneck.edges.size() == 1 ? "link" : "links", static_cast<double>(bottleneck.capacity) / 1000);
  text += slowest_text(topology, graph, bottleneck);
  if (bottleneck.alike > 0) text += fmt::format("; {} more like it", bottleneck.alike);
  return text;
}

std::string heading_of(const topology::Topology& topology, const TopologyGraph& graph, std::size_t ranks) {
  std::string text = fmt::format("{}\n{} (each {} is one)\n", contents_of(topology), counted(ranks, "rank"),
                                 topology::noun_of(graph.rank_kind));
  if (graph.unknown.empty()) return text;
  std::vector<topology::LinkIndex> links;
  for (const EdgeIndex edge : graph.unknown) links.push_back(graph.links[edge]);
  links.erase(std::ranges::unique(links).begin(), links.end());
  const bool is_one = links.size() == 1;
  return text + fmt::format("{} of unknown bandwidth ({}{}) {} taken to limit nothing: the optimum may be lower\n",
                            counted(links.size(), "link"),
                            is_one ? "" : "the first: ", name_of_link(topology, links.front()), is_one ? "is" : "are");
}

/// Why the others have no optimum; what holds for several of them, once.
std::string reasons_text(const std::vector<Error>& errors) {
  std::set<std::string> reasons;
  for (const Error& error : errors) reasons.insert(error.message);
  return reasons.empty() ? "" : fmt::format("-: {}\n", fmt::join(reasons, "\n   "));
}

}  // namespace

std::optional<Collective> planned_collective(std::string_view name) {
  const auto letters = [](std::string_view text) {
    std::string found(text);
    std::erase_if(found, [](char c) { return c == '-' || c == '_'; });
    return found;
  };
  for (const Collective collective : planned)
    if (letters(name_of(collective)) == letters(name)) return collective;
  return std::nullopt;
}

Result<std::string> plan_text(const topology::Topology& topology, std::optional<Collective> collective,
                              const std::vector<std::uint64_t>& sizes, const Paint& paint) {
  const auto graph = topology_graph(topology);
  if (!graph) return Error(graph.error());
  const std::size_t ranks = ranks_of(graph->graph).size();
  Table table{{{"collective", "optimum", "bus bandwidth", "limited by"}}};
  bool any_bound = false;
  std::vector<Bounded> bounded;
  std::vector<Error> unbounded;
  for (const Collective each : planned) {
    if (collective && each != *collective) continue;
    const auto bound = throughput_bound(each, *graph);
    if (!bound) {
      unbounded.push_back(bound.error());
      table.rows.push_back({std::string(name_of(each)), "-", "-", "-"});
      continue;
    }
    const double gbs = bound->bandwidth.value() / 1000;
    bounded.push_back({each, gbs});
    any_bound = any_bound || !bound->attained;
    table.rows.push_back({std::string(name_of(each)), fmt::format("{:.4g} GB/s{}", gbs, bound->attained ? "" : " *"),
                          fmt::format("{:.4g} GB/s", gbs * bus_factor(each, static_cast<double>(ranks))),
                          paint(Colour::strong, bottleneck_text(topology, *graph, bound->bottleneck))});
  }
  if (bounded.empty()) return std::move(unbounded.front());
  return heading_of(topology, *graph, ranks) + "\n" + table.text() +
         "\nOptimum: bytes of the vector / time, for long vectors. Broadcast and reduce: root 0.\n" +
         (any_bound ? "*: nothing is faster; whether anything is as fast is not proven.\n" : "") +
         reasons_text(unbounded) + "\n" + prediction_text(topology, *graph, bounded, sizes, paint);
}

}  // namespace treering::topo
