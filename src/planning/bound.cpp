#include "planning/bound.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>
#include <vector>

#include "planning/exchange_bound.hpp"
#include "planning/spread_bound.hpp"

namespace treering {
namespace {

/// Edmonds' arborescences (Combinatorial Algorithms, 1973) attain the bound where there are no switches; with switches,
/// where these can be split off (Bang-Jensen, Frank and Jackson, SIAM J. Discrete Math. 8, 1995).
Bound bound_of_spread(const FlowGraph& graph, const std::vector<Rank>& roots) {
  const Spread spread = spread_bound(graph, roots);
  const std::vector<NodeIndex> ranks = ranks_of(graph);
  std::vector<NodeIndex> senders;
  senders.reserve(roots.size());
  for (const Rank root : roots) senders.push_back(ranks[root]);
  const auto parts = static_cast<std::int64_t>(roots.size());
  return {Rational::of(spread.rate.numerator * parts, spread.rate.denominator), switches_can_fill_their_links(graph),
          bottleneck_at_one_of(graph, spread.tight, true, senders)};
}

/// Gathering is spreading backwards: the same links, in the other direction.
Bound bound_of_gathering(const FlowGraph& graph, const std::vector<Rank>& roots) {
  Bound bound = bound_of_spread(reversed(graph), roots);
  bound.bottleneck.inwards = !bound.bottleneck.inwards;
  return bound;
}

/// A link that leads into several parts is counted once: no message needs it twice.
Bound bound_of_exchange(const FlowGraph& graph, bool inwards) {
  const std::vector<NodeSet> parts = tightest_division(inwards ? graph : reversed(graph));
  Bottleneck bottleneck = bottleneck_between(graph, parts, inwards);
  const auto messages = 2 * (static_cast<std::int64_t>(parts.size()) - 1);
  return {Rational::of(bottleneck.capacity, messages), false, std::move(bottleneck)};
}

void lower(Bound& bound, Bound other) {
  if (other.bandwidth < bound.bandwidth) bound = std::move(other);
}

std::vector<Rank> all_ranks(const FlowGraph& graph) {
  std::vector<Rank> ranks(ranks_of(graph).size());
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

/// A reduce-scatter and an all-gather one after the other, which are equally fast where the graph is balanced.
bool halves_attain(const FlowGraph& graph, Rational bandwidth) {
  const Rational gather = bound_of_spread(graph, all_ranks(graph)).bandwidth;
  return bandwidth == Rational::of(gather.numerator, 2 * gather.denominator);
}

Bound bound_of_all_reduce(const FlowGraph& graph) {
  Bound bound = bound_of_exchange(graph, true);
  bound.attained = is_symmetric(graph);
  if (bound.attained) return bound;
  lower(bound, bound_of_exchange(graph, false));  // messages also come out of the part that they are from
  if (is_balanced(graph)) {
    bound.attained = halves_attain(graph, bound.bandwidth);
    return bound;
  }
  // Every rank's data must come to rank 0 and from there.
  lower(bound, bound_of_spread(graph, {0}));
  lower(bound, bound_of_gathering(graph, {0}));
  bound.attained = graph.nodes.size() == 2;  // they exchange what they have; otherwise it is more than a broadcast
  return bound;
}

Result<void> validate_root(const FlowGraph& graph, Rank root) {
  const std::size_t ranks = ranks_of(graph).size();
  if (static_cast<std::size_t>(root) < ranks) return {};  // a negative one is very large
  return Error{Code::invalid_argument,
               fmt::format("root {} is no rank (there are {}) give one from 0 to {}", root, ranks, ranks - 1)};
}

Result<void> validate_for(Collective collective, const FlowGraph& graph, Rank root) {
  if (auto valid = validate(graph); !valid) return valid;
  const bool has_root = collective == Collective::broadcast || collective == Collective::reduce;
  if (!has_root) return validate_reach(graph);
  if (auto valid = validate_root(graph, root); !valid) return valid;
  const NodeIndex node = ranks_of(graph)[root];
  return collective == Collective::broadcast ? validate_reach_from(graph, node) : validate_reach_to(graph, node);
}

}  // namespace

Result<Bound> throughput_bound(Collective collective, const FlowGraph& graph, Rank root) {
  if (auto valid = validate_for(collective, graph, root); !valid) return std::move(valid).error();
  switch (collective) {
    case Collective::all_gather: return bound_of_spread(graph, all_ranks(graph));
    case Collective::reduce_scatter: return bound_of_gathering(graph, all_ranks(graph));
    case Collective::broadcast: return bound_of_spread(graph, {root});
    case Collective::reduce: return bound_of_gathering(graph, {root});
    case Collective::all_reduce: return bound_of_all_reduce(graph);
    default:
      return Error{Code::invalid_argument,
                   fmt::format("no bound for {} (none is known) ask for that of all-reduce, all-gather, "
                               "reduce-scatter, broadcast or reduce",
                               name_of(collective))};
  }
}

}  // namespace treering
