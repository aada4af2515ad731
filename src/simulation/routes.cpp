#include "simulation/routes.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace treering {
namespace {

using topology::NodeIndex;
using topology::Topology;

constexpr std::uint64_t far = ~std::uint64_t{0};
constexpr std::uint64_t through_device = std::uint64_t{1} << 32;  // more than there can be links on a way
constexpr std::size_t most_bytes_of_fields = std::size_t{1} << 30;

std::uint32_t rate_of(topology::Figure gbs) {
  if (!gbs.is_known()) return unlimited;
  if (gbs.value() == 0) return 0;
  return static_cast<std::uint32_t>(
      std::clamp<long long>(std::llround(std::min(gbs.value(), 4e6) * 1000), 1, unlimited - 1));
}

}  // namespace

std::vector<std::uint32_t> channel_rates(const Topology& topology) {
  std::vector<std::uint32_t> rates;
  for (const topology::Link& link : topology.links()) {
    const topology::Capacity capacity = topology::capacity(link);
    rates.push_back(rate_of(capacity.forward_gbs));
    rates.push_back(rate_of(capacity.back_gbs));
  }
  return rates;
}

Routes::Routes(const Topology& topology, std::vector<NodeIndex> owners)
    : owners_(std::move(owners)), rates_(channel_rates(topology)) {
  find_ends(topology);
  number_inner_nodes(topology);
  add_arcs(topology);
  fields_.resize(only_ends_.size());
}

Routes::Ends Routes::ends_of(const topology::Link& link) const {
  return owners_.empty() ? Ends{link.from, link.to} : Ends{owners_[link.from], owners_[link.to]};
}

/// An end has one neighbour, which has several.
void Routes::find_ends(const Topology& topology) {
  std::vector<bool> has_several(topology.nodes().size());
  neighbour_.assign(topology.nodes().size(), topology::no_node);
  const auto meet = [&](NodeIndex node, NodeIndex other) {
    if (neighbour_[node] != topology::no_node && neighbour_[node] != other) has_several[node] = true;
    neighbour_[node] = other;
  };
  for (const topology::Link& link : topology.links()) {
    const Ends ends = ends_of(link);
    if (!ends.are_two()) continue;
    meet(ends.from, ends.to);
    meet(ends.to, ends.from);
  }
  for (NodeIndex node = 0; node < neighbour_.size(); ++node)
    if (has_several[node] || (neighbour_[node] != topology::no_node && !has_several[neighbour_[node]]))
      neighbour_[node] = topology::no_node;
}

void Routes::number_inner_nodes(const Topology& topology) {
  inner_.assign(neighbour_.size(), 0);
  for (NodeIndex node = 0; node < neighbour_.size(); ++node) {
    if (neighbour_[node] != topology::no_node) continue;
    inner_[node] = static_cast<std::uint32_t>(only_ends_.size());
    const topology::NodeKind kind = topology.node(node).kind;
    only_ends_.push_back(kind == topology::NodeKind::gpu || kind == topology::NodeKind::core);
  }
}

void Routes::add_arcs(const Topology& topology) {
  const auto is_end = [&](NodeIndex node) { return neighbour_[node] != topology::no_node; };
  first_.assign(only_ends_.size() + 1, 0);
  first_end_channel_.assign(neighbour_.size() + 1, 0);
  const auto each_end = [&](auto&& of_end, auto&& of_inner) {
    for (topology::LinkIndex i = 0; i < topology.links().size(); ++i) {
      const Ends ends = ends_of(topology.link(i));
      if (!ends.are_two()) continue;
      for (const Channel back : {0u, 1u}) {
        const NodeIndex from = back ? ends.to : ends.from, to = back ? ends.from : ends.to;
        if (is_end(from)) of_end(from, 2 * i + back);
        if (!is_end(from) && !is_end(to))
          of_inner(inner_[from], Arc{inner_[to], 2 * i + back, rates_[2 * i + back], rates_[2 * i + (1 - back)]});
      }
    }
  };
  each_end([&](NodeIndex end, Channel) { ++first_end_channel_[end + 1]; },
           [&](std::uint32_t from, const Arc&) { ++first_[from + 1]; });
  for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  for (std::size_t i = 1; i < first_end_channel_.size(); ++i) first_end_channel_[i] += first_end_channel_[i - 1];
  arcs_.resize(first_.back());
  end_channels_.resize(first_end_channel_.back());
  std::vector<std::uint32_t> next = first_, next_of_end = first_end_channel_;
  each_end([&](NodeIndex end, Channel channel) { end_channels_[next_of_end[end]++] = channel; },
           [&](std::uint32_t from, const Arc& arc) { arcs_[next[from]++] = arc; });
}

std::uint32_t Routes::Choice::of(std::uint32_t ways) {
  if (ways == 1) return 0;
  const std::uint32_t chosen = rest % ways;
  rest /= ways;
  return chosen;
}

/// What it adds to the distance to go on over `node`.
std::uint64_t Routes::step_through(std::uint32_t node, std::uint32_t target) const {
  return only_ends_[node] && node != target ? through_device + 1 : 1;
}

const Routes::Field& Routes::field_to(std::uint32_t target) {
  if (fields_[target].empty()) {
    if (fields_kept_ * only_ends_.size() * sizeof(Way) > most_bytes_of_fields) {
      for (Field& field : fields_) field = {};
      fields_kept_ = 0;
    }
    fields_[target] = computed(target);
    ++fields_kept_;
  }
  return fields_[target];
}

/// Breadth first, against the direction of the channels. What lies behind a GPU or core waits in a queue of its own;
/// both are in order of the distance, so the width of a node is known when the node is taken out.
Routes::Field Routes::computed(std::uint32_t target) const {
  Field field(only_ends_.size(), Way{far, 0});
  using Entry = std::pair<std::uint64_t, std::uint32_t>;  // distance, node
  std::vector<Entry> direct{{0, target}}, behind_device;
  field[target] = {0, unlimited};
  for (std::size_t i = 0, j = 0; i < direct.size() || j < behind_device.size();) {
    const bool takes_direct =
        j == behind_device.size() || (i < direct.size() && direct[i].first <= behind_device[j].first);
    const auto [distance, node] = takes_direct ? direct[i++] : behind_device[j++];
    if (distance != field[node].distance) continue;
    const std::uint64_t step = step_through(node, target);
    const std::uint32_t width = field[node].width;
    for (std::uint32_t a = first_[node]; a < first_[node + 1]; ++a) {
      const Arc& arc = arcs_[a];
      Way& way = field[arc.to];
      if (arc.rate_back == 0 || distance + step > way.distance) continue;
      if (distance + step < way.distance) {
        way = {distance + step, 0};
        (step == 1 ? direct : behind_device).push_back({distance + step, arc.to});
      }
      way.width = std::max(way.width, std::min(arc.rate_back, width));
    }
  }
  return field;
}

bool Routes::walk(std::uint32_t at, std::uint32_t target, Choice& choice, std::vector<Channel>& route) {
  if (at == target) return true;
  const Field& field = field_to(target);
  if (field[at].distance == far) return false;
  while (at != target) {
    const auto is_best = [&](const Arc& arc) {
      const Way& way = field[arc.to];
      return arc.rate > 0 && way.distance < field[at].distance &&
             way.distance + step_through(arc.to, target) == field[at].distance &&
             std::min(arc.rate, way.width) == field[at].width;
    };
    std::uint32_t ways = 0;
    for (std::uint32_t a = first_[at]; a < first_[at + 1]; ++a) ways += is_best(arcs_[a]);
    if (ways == 0) return false;
    std::uint32_t skipped = choice.of(ways);
    std::uint32_t a = first_[at];
    while (!is_best(arcs_[a]) || skipped-- > 0) ++a;
    route.push_back(arcs_[a].channel);
    at = arcs_[a].to;
  }
  return true;
}

/// The link between an end and its neighbour: the widest of several.
bool Routes::append_end(NodeIndex end, bool leaves, Choice& choice, std::vector<Channel>& route) const {
  const Channel turned = leaves ? 0 : 1;
  std::uint32_t width = 0, ways = 0;
  for (std::uint32_t i = first_end_channel_[end]; i < first_end_channel_[end + 1]; ++i) {
    const std::uint32_t rate = rates_[end_channels_[i] ^ turned];
    if (rate > width) ways = 0;
    width = std::max(width, rate);
    ways += rate == width;
  }
  if (width == 0) return false;
  std::uint32_t skipped = choice.of(ways);
  std::uint32_t i = first_end_channel_[end];
  while (rates_[end_channels_[i] ^ turned] != width || skipped-- > 0) ++i;
  route.push_back(end_channels_[i] ^ turned);
  return true;
}

bool Routes::append(NodeIndex from, NodeIndex to, std::uint32_t destination, std::vector<Channel>& route) {
  if (from == to) return true;
  const std::size_t before = route.size();
  const bool from_end = neighbour_[from] != topology::no_node, to_end = neighbour_[to] != topology::no_node;
  const NodeIndex enters = from_end ? neighbour_[from] : from, leaves = to_end ? neighbour_[to] : to;
  Choice choice{destination};
  const bool found = (!from_end || append_end(from, true, choice, route)) &&
                     walk(inner_[enters], inner_[leaves], choice, route) &&
                     (!to_end || append_end(to, false, choice, route));
  if (!found) route.resize(before);
  return found;
}

}  // namespace treering
