#include "planning/topology_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "topology/names.hpp"

namespace treering {
namespace {

using topology::NodeKind;
using topology::Topology;

std::vector<bool> linked_nodes(const Topology& topology) {
  std::vector<bool> linked(topology.nodes().size());
  for (const topology::Link& link : topology.links()) linked[link.from] = linked[link.to] = true;
  return linked;
}

/// MB/s, rounded up: no bound is lower than the truth. Decimal fractions that are whole MB/s count as such, whatever
/// the machine makes of them. validate() refuses what is too much to reckon with.
Capacity megabytes(double gbs) {
  const double exact = std::min(gbs * 1000, static_cast<double>(most_capacity)), nearest = std::round(exact);
  return static_cast<Capacity>(std::abs(exact - nearest) <= 1e-12 * nearest ? nearest : std::ceil(exact));
}

FlowNode flow_node(const Topology& topology, topology::NodeIndex index, NodeKind rank_kind) {
  const topology::Node& node = topology.node(index);
  const topology::NodeIndex host = topology::host_of(topology.nodes(), index);
  return {.name = node.name,
          .kind = std::string(topology::noun_of(node.kind)),
          .group = host == topology::no_node || host == index ? "" : topology.node(host).name,
          .computes = node.kind == rank_kind};
}

class Maker {
 public:
  Maker(const Topology& topology, NodeKind rank_kind)
      : topology_(topology), owners_(owners_of_links(topology, rank_kind)) {
    made_.rank_kind = rank_kind;
  }

  TopologyGraph make() && {
    add_nodes();
    for (topology::LinkIndex i = 0; i < topology_.links().size(); ++i) {
      const topology::Link& link = topology_.link(i);
      const topology::NodeIndex from = owners_[link.from], to = owners_[link.to];
      made_.leaves_out = made_.leaves_out || from != link.from || to != link.to;
      if (from == to) continue;
      const topology::Capacity capacity = topology::capacity(link);
      add_edge(i, from, to, capacity.forward_gbs);
      add_edge(i, to, from, capacity.back_gbs);
    }
    widen_unknown();
    return std::move(made_);
  }

 private:
  void add_nodes() {
    const std::vector<bool> linked = linked_nodes(topology_);
    places_.resize(linked.size());
    for (topology::NodeIndex i = 0; i < linked.size(); ++i) {
      if (owners_[i] != i || (!linked[i] && topology_.node(i).kind != made_.rank_kind)) continue;
      places_[i] = static_cast<NodeIndex>(made_.nodes.size());
      made_.nodes.push_back(i);
      made_.graph.nodes.push_back(flow_node(topology_, i, made_.rank_kind));
    }
  }

  void add_edge(topology::LinkIndex link, topology::NodeIndex from, topology::NodeIndex to, topology::Figure gbs) {
    if (!gbs.is_known()) made_.unknown.push_back(static_cast<EdgeIndex>(made_.graph.edges.size()));
    const Capacity capacity = megabytes(gbs.value_or(0));
    made_.is_coarse = made_.is_coarse || gbs.value_or(0) < 0.999e-3 * static_cast<double>(capacity);
    made_.graph.edges.push_back({places_[from], places_[to], capacity});
    made_.links.push_back(link);
    known_ += std::min(capacity, most_capacity - known_);
  }

  /// So wide that a cut with such a link can be the tightest only where none is without: a cut is divided by 2(N-1) at
  /// most, and one of known links by 1 at least. Or as wide as keeps bounds exact.
  void widen_unknown() {
    if (made_.unknown.empty()) return;
    const auto ranks = static_cast<Capacity>(ranks_of(made_.graph).size());
    const auto edges = static_cast<Capacity>(made_.unknown.size());
    const Capacity most = std::max<Capacity>(1, (most_capacity / ranks - known_) / edges);
    const Capacity width = known_ > most / (2 * ranks) ? most : 2 * ranks * known_;
    for (const EdgeIndex i : made_.unknown) made_.graph.edges[i].capacity = std::max<Capacity>(1, width);
  }

  const Topology& topology_;
  const std::vector<topology::NodeIndex> owners_;
  TopologyGraph made_;
  std::vector<NodeIndex> places_;  // of the topology's nodes in the graph
  Capacity known_ = 0;             // MB/s of all edges together
};

/// "nic0 of host3 - leaf1, ...": at most three links, each once.
std::string names_of(const TopologyGraph& of, const std::vector<EdgeIndex>& edges) {
  std::string names;
  std::set<topology::LinkIndex> named;
  for (const EdgeIndex i : edges) {
    if (!named.insert(of.links[i]).second || named.size() > 3) continue;
    const FlowEdge& edge = of.graph.edges[i];
    names += fmt::format("{}{} - {}", names.empty() ? "" : ", ", full_name(of.graph.nodes[edge.from]),
                         full_name(of.graph.nodes[edge.to]));
  }
  return named.size() > 3 ? fmt::format("{} and {} more", names, named.size() - 3) : names;
}

/// The same links, of which those of unknown bandwidth carry nothing: so that they do not count where a bottleneck is
/// named by the end that has less beside it.
FlowGraph known_part(const TopologyGraph& graph) {
  FlowGraph known = graph.graph;
  for (const EdgeIndex edge : graph.unknown) known.edges[edge].capacity = 0;
  return known;
}

}  // namespace

std::optional<NodeKind> rank_kind(const Topology& topology) {
  std::vector<bool> linked = linked_nodes(topology);
  for (auto i = static_cast<topology::NodeIndex>(linked.size()); i-- > 0;)  // parts stand behind what they are parts of
    if (const auto whole = topology.node(i).parent; linked[i] && whole != topology::no_node) linked[whole] = true;
  for (const NodeKind kind : {NodeKind::gpu, NodeKind::core, NodeKind::numa, NodeKind::host}) {
    int found = 0;
    for (topology::NodeIndex i = 0; i < linked.size(); ++i) found += linked[i] && topology.node(i).kind == kind;
    if (found >= 2) return kind;
  }
  return std::nullopt;
}

std::vector<topology::NodeIndex> owners_of_links(const Topology& topology, NodeKind kind) {
  const std::vector<bool> linked = linked_nodes(topology);
  std::vector<topology::NodeIndex> owners(linked.size());
  for (topology::NodeIndex i = 0; i < owners.size(); ++i) {
    const topology::Node& node = topology.node(i);
    const topology::NodeIndex around = node.parent == topology::no_node ? i : owners[node.parent];
    const bool is_in_owner = around != i && topology.node(around).kind == kind && !linked[around];
    owners[i] = is_in_owner && node.kind != kind ? around : i;
  }
  return owners;
}

Result<TopologyGraph> topology_graph(const Topology& topology) {
  if (const auto kind = rank_kind(topology)) return Maker(topology, *kind).make();
  return Error{
      Code::invalid_argument,
      "the topology has no ranks (links end at less than two GPUs, cores, NUMA domains or hosts, or at parts of "
      "them) give one in which at least two of a kind have links"};
}

Result<Bound> throughput_bound(Collective collective, const TopologyGraph& graph, Rank root) {
  auto bound = throughput_bound(collective, graph.graph, root);
  if (!bound) return bound;
  bound->attained = bound->attained && graph.unknown.empty() && !graph.leaves_out && !graph.is_coarse;
  if (graph.unknown.empty()) return bound;
  std::vector<EdgeIndex> unknown;
  for (const EdgeIndex edge : bound->bottleneck.edges)
    if (std::ranges::binary_search(graph.unknown, edge)) unknown.push_back(edge);
  if (!unknown.empty())
    return Error{Code::invalid_argument,
                 fmt::format("no bound for {} (nothing is known of the bandwidth of {}, which may be what holds it up) "
                             "give them one",
                             name_of(collective), names_of(graph, unknown))};
  bound->bottleneck.words = words_for(known_part(graph), bound->bottleneck.edges);
  return bound;
}

}  // namespace treering
