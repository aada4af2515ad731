#include "planning/predict.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "planning/bounded.hpp"
#include "planning/host_walk.hpp"
#include "planning/pattern.hpp"
#include "simulation/simulate.hpp"

namespace treering {
namespace {

bool is_ring(const CatalogueRow& row) {
  return pattern_of(row) == Pattern::ring;
}

constexpr std::uint64_t most_slice_bytes = std::uint64_t{1} << 31;  // that are simulated as one

std::uint64_t fewest_slices(const Cost& cost, std::uint64_t element_bytes) {
  return std::max(cost.all_messages, times(bounded(cost.all_volume), element_bytes) / most_slice_bytes);
}

Constants with_long_slices(Constants constants, std::uint64_t all_bytes, std::uint64_t most_slices) {
  constexpr std::uint64_t kib = 1024;
  const std::uint64_t least = (all_bytes / most_slices + kib - 1) / kib * kib;
  constants.slice_bytes = std::min(std::max(constants.slice_bytes, least), most_slice_bytes);
  return constants;
}

Result<Prediction> reckoned_ring(const CatalogueRow& row, const Cost& cost, std::uint64_t element_bytes,
                                 Network& network, const Constants& constants) {
  const std::uint64_t bytes = (cost.volume + cost.messages - 1) / cost.messages * element_bytes;
  const std::uint64_t reducing = cost.folded > 0 ? static_cast<std::uint64_t>(network.ranks()) - 1 : 0;
  const auto ring = ring_time(network, constants, cost.messages, reducing, bytes);
  if (!ring) return Error(ring.error());
  return Prediction{&row, 1, ring->time_ps, ring->busiest, ring->busy_ps};
}

Result<Prediction> simulated(const CatalogueRow& row, const std::vector<Schedule>& schedules,
                             std::uint64_t element_bytes, Network& network, const Constants& constants) {
  const auto outcome = simulate(schedules, network, constants, element_bytes);
  if (!outcome) return Error(outcome.error());
  Prediction prediction{.row = &row, .lanes = schedules[0].lanes.size(), .time_ps = outcome->time_ps};
  if (outcome->busy_ps.empty()) return prediction;
  const auto busiest = std::ranges::max_element(outcome->busy_ps);
  prediction.busiest = static_cast<Channel>(busiest - outcome->busy_ps.begin());
  prediction.busy_ps = *busiest;
  return prediction;
}

/// MB/s that the widest rank can send or receive, over all its links; 0 where some are unknown.
std::uint64_t widest_rank(const Network& network) {
  std::uint64_t widest = 0;
  for (Rank rank = 0; rank < network.ranks(); ++rank) {
    const std::uint64_t rate = network.mb_per_s_at(rank);
    if (rate == 0) return 0;
    widest = std::max(widest, rate);
  }
  return widest;
}

/// No run can be shorter: what the busiest rank puts into its links, and the overheads of its messages.
std::uint64_t least_ps(const Cost& cost, std::uint64_t element_bytes, std::uint64_t widest,
                       const Constants& constants) {
  const std::uint64_t overhead = std::min(constants.send_overhead_ps, constants.recv_overhead_ps);
  const std::uint64_t step = later(constants.send_overhead_ps, constants.recv_overhead_ps);
  const std::uint64_t chain = cost.streams ? 0 : times(step, cost.steps);
  return std::max({time_ps(times(cost.volume, element_bytes), widest), times(overhead, cost.messages), chain});
}

}  // namespace

Network network_of(const topology::Topology& topology, const TopologyGraph& graph) {
  std::vector<topology::NodeIndex> nodes;
  for (const NodeIndex node : ranks_of(graph.graph)) nodes.push_back(graph.nodes[node]);
  return Network(topology, along_the_network(topology, std::move(nodes)), {},
                 owners_of_links(topology, graph.rank_kind));
}

Shape shape_of(Collective collective, Rank ranks, Rank rank, std::uint64_t elements) {
  Shape shape{.ranks = ranks, .rank = rank, .count = elements};
  const auto p = static_cast<std::uint64_t>(ranks);
  const std::uint64_t block = (elements + p - 1) / p;
  if (collective == Collective::all_gather) shape.recvs.each = block;
  if (collective == Collective::reduce_scatter) shape.sends.each = block;
  if (collective == Collective::all_gather || collective == Collective::reduce_scatter) shape.count = block * p;
  return shape;
}

Result<Prediction> predict(const CatalogueRow& row, std::uint64_t elements, std::uint64_t element_bytes,
                           Network& network, const Constants& constants, std::uint64_t most_slices) {
  const Cost cost = row.cost(shape_of(row.collective, network.ranks(), 0, elements));
  const std::uint64_t slices = fewest_slices(cost, element_bytes);
  if (slices > most_slices && is_ring(row)) return reckoned_ring(row, cost, element_bytes, network, constants);
  if (slices > most_slices)
    return Error{Code::invalid_argument, std::string(row.name) + " sends " + std::to_string(slices) +
                                             " messages (more than " + std::to_string(most_slices) +
                                             " are not simulated here) choose another algorithm"};
  std::vector<Schedule> schedules;
  for (Rank rank = 0; rank < network.ranks(); ++rank) {
    auto made = make(row, shape_of(row.collective, network.ranks(), rank, elements));
    if (!made) return std::move(made).error();
    schedules.push_back(*std::move(made));
  }
  return simulated(row, schedules, element_bytes, network,
                   with_long_slices(constants, times(bounded(cost.all_volume), element_bytes), most_slices));
}

Result<Prediction> fastest(Collective collective, std::uint64_t elements, std::uint64_t element_bytes, Network& network,
                           const Constants& constants, std::uint64_t most_slices) {
  struct Candidate {
    const CatalogueRow* row;
    std::uint64_t least_ps;
    bool is_too_long;
  };
  std::vector<Candidate> candidates;
  const std::uint64_t widest = widest_rank(network);
  for (const CatalogueRow* row : rows_for(collective, Order::commutative)) {
    const Cost cost = row->cost(shape_of(collective, network.ranks(), 0, elements));
    candidates.push_back({row, least_ps(cost, element_bytes, widest, constants),
                          fewest_slices(cost, element_bytes) > most_slices && !is_ring(*row)});
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::least_ps);
  std::optional<Prediction> best;
  std::vector<const CatalogueRow*> left_out;
  std::vector<Failed> failed;
  for (const auto& [row, least, is_too_long] : candidates) {
    if (best && least > best->time_ps) break;  // nor can those that follow be faster
    if (is_too_long) {
      left_out.push_back(row);
      continue;
    }
    auto prediction = predict(*row, elements, element_bytes, network, constants, most_slices);
    if (!prediction)
      failed.push_back({row, prediction.error()});
    else if (!best || std::pair(prediction->time_ps, row) < std::pair(best->time_ps, best->row))
      best = *std::move(prediction);
  }
  if (!best && !failed.empty()) return std::move(failed.front().why);
  if (!best) {
    std::string names;
    for (const CatalogueRow* row : left_out) names += (names.empty() ? "" : ", ") + std::string(row->name);
    return Error{Code::invalid_argument, "no algorithm for " + std::string(name_of(collective)) +
                                             " (none is short enough to be simulated: " + names +
                                             ") choose a smaller size"};
  }
  best->left_out = std::move(left_out);
  best->failed = std::move(failed);
  return *std::move(best);
}

Result<RingTime> ring_time(Network& network, const Constants& constants, std::uint64_t rounds, std::uint64_t reducing,
                           std::uint64_t bytes) {
  const auto ranks = static_cast<std::uint64_t>(network.ranks());
  std::vector<std::uint64_t> busy_ps(2 * network.topology().links().size());
  std::vector<Channel> route;
  std::uint64_t once_round_ps = 0;
  for (Rank rank = 0; rank < network.ranks(); ++rank) {
    route.clear();
    if (auto found = network.append_route(rank, (rank + 1) % network.ranks(), route); !found)
      return Error(found.error());
    std::uint64_t slowest_ps = 0;
    for (const Channel channel : route) {
      const std::uint64_t each_ps = time_ps(bytes, network.mb_per_s(channel));
      slowest_ps = std::max(slowest_ps, each_ps);
      busy_ps[channel] = later(busy_ps[channel], each_ps);
      once_round_ps = later(once_round_ps, network.latency_ps(channel));
    }
    for (const std::uint64_t more_ps : {constants.send_overhead_ps, constants.recv_overhead_ps, slowest_ps})
      once_round_ps = later(once_round_ps, more_ps);
  }
  const auto busiest = std::ranges::max_element(busy_ps);
  const std::uint64_t busy_a_round_ps = busiest == busy_ps.end() ? 0 : *busiest;
  const std::uint64_t reducing_round_ps =
      reducing == 0 ? once_round_ps : later(once_round_ps, times(time_ps(bytes, constants.reduction_mb_per_s), ranks));
  const auto time_of = [&](std::uint64_t some_rounds, std::uint64_t once_round) {
    return std::max(later(times(once_round / ranks, some_rounds), once_round % ranks * some_rounds / ranks),
                    times(busy_a_round_ps, some_rounds));
  };
  const std::uint64_t all_ps = later(time_of(reducing, reducing_round_ps), time_of(rounds - reducing, once_round_ps));
  if (std::max(all_ps, reducing_round_ps) == endless_ps) return endless_error();
  return RingTime{.time_ps = all_ps,
                  .busiest = static_cast<Channel>(busiest == busy_ps.end() ? 0 : busiest - busy_ps.begin()),
                  .busy_ps = busy_a_round_ps * rounds};
}

}  // namespace treering
