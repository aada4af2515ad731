#include "planning/max_flow.hpp"

#include <algorithm>
#include <limits>

namespace treering {
namespace {

constexpr std::uint32_t no_level = std::numeric_limits<std::uint32_t>::max();

}  // namespace

MaxFlow::MaxFlow(std::size_t nodes, std::span<const Pipe> pipes)
    : first_(nodes + 1),
      arcs_(2 * pipes.size()),
      arc_of_pipe_(pipes.size()),
      capacity_(2 * pipes.size()),
      level_(nodes),
      next_(nodes) {
  for (const Pipe& pipe : pipes) {
    ++first_[pipe.from + 1];
    ++first_[pipe.to + 1];
  }
  for (std::size_t node = 0; node < nodes; ++node) first_[node + 1] += first_[node];
  std::vector<std::uint32_t> place(first_.begin(), first_.end() - 1);
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    const std::uint32_t out = place[pipes[i].from]++;
    const std::uint32_t back = place[pipes[i].to]++;
    arcs_[out] = {pipes[i].to, back};
    arcs_[back] = {pipes[i].from, out};
    arc_of_pipe_[i] = out;
    set_capacity(i, pipes[i].forwards, pipes[i].backwards);
  }
}

void MaxFlow::set_capacity(std::size_t pipe, Capacity forwards, Capacity backwards) {
  const std::uint32_t out = arc_of_pipe_[pipe];
  capacity_[out] = forwards;
  capacity_[arcs_[out].mate] = backwards;
}

Capacity MaxFlow::flow(NodeIndex source, NodeIndex sink, Capacity enough) {
  residual_ = capacity_;
  Capacity total = 0;
  while (total < enough && find_levels(source, sink)) total += push(source, sink, enough - total);
  return total;
}

std::vector<bool> MaxFlow::sink_side() const {
  std::vector<bool> side(level_.size());
  std::transform(level_.begin(), level_.end(), side.begin(), [](std::uint32_t level) { return level != no_level; });
  return side;
}

/// Measures from the sink backwards. False where the source is out of reach: then all that can reach the sink has a
/// level.
bool MaxFlow::find_levels(NodeIndex source, NodeIndex sink) {
  std::ranges::fill(level_, no_level);
  std::copy(first_.begin(), first_.end() - 1, next_.begin());
  queue_.assign(1, sink);
  level_[sink] = 0;
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    const NodeIndex node = queue_[i];
    for (std::uint32_t a = first_[node]; a < first_[node + 1]; ++a) {
      const NodeIndex before = arcs_[a].head;
      if (level_[before] != no_level || residual_[arcs_[a].mate] == 0) continue;
      level_[before] = level_[node] + 1;
      if (before == source) return true;
      queue_.push_back(before);
    }
  }
  return false;
}

/// Flows along shortest paths until none is left, or `enough` flows.
Capacity MaxFlow::push(NodeIndex source, NodeIndex sink, Capacity enough) {
  Capacity total = 0;
  NodeIndex node = source;
  path_.clear();
  while (total < enough) {
    if (node == sink) {
      node = send_along_path(enough - total, total);
    } else if (advance(node)) {
      path_.push_back(next_[node]);
      node = arcs_[next_[node]].head;
    } else if (node == source) {
      break;
    } else {  // a dead end: back, and never here again at this level
      level_[node] = no_level;
      node = arcs_[arcs_[path_.back()].mate].head;
      path_.pop_back();
    }
  }
  return total;
}

/// Moves `next_[node]` to an arc that leads one step nearer to the sink.
bool MaxFlow::advance(NodeIndex node) {
  for (std::uint32_t& a = next_[node]; a < first_[node + 1]; ++a)
    if (residual_[a] > 0 && level_[arcs_[a].head] != no_level && level_[arcs_[a].head] + 1 == level_[node]) return true;
  return false;
}

/// Fills the path, cuts it off before the first arc that is full, and returns the node where it then ends.
NodeIndex MaxFlow::send_along_path(Capacity most, Capacity& sent) {
  Capacity amount = most;
  for (const std::uint32_t a : path_) amount = std::min(amount, residual_[a]);
  std::size_t full = path_.size();
  for (std::size_t i = path_.size(); i-- > 0;) {
    residual_[path_[i]] -= amount;
    residual_[arcs_[path_[i]].mate] += amount;
    if (residual_[path_[i]] == 0) full = i;
  }
  sent += amount;
  const std::size_t kept = std::min(full, path_.size() - 1);
  const NodeIndex end = arcs_[arcs_[path_[kept]].mate].head;
  path_.resize(kept);
  return end;
}

}  // namespace treering
