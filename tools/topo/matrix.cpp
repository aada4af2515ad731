#include "tools/topo/matrix.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "tools/topo/memory.hpp"
#include "tools/topo/side_by_side.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"

namespace treering::topo {
namespace {

using topology::NodeKind;

constexpr std::size_t most_in_one = 32;  // devices

constexpr std::string_view legend =
    "\nBandwidths are GB/s of the narrowest link on the way from row to column, of all NVSwitches\n"
    "together; <=: some links on it are unknown.\n"
    "  NV#  NVLinks (their number)        PIX   one PCIe switch or bridge     PHB  through the processor\n"
    "  XGMI Infinity Fabric               PXB   several of them               NODE between PCIe host bridges\n"
    "  C2C  processor to its GPU          MEM   memory of one domain          SYS  between NUMA domains\n"
    "  NET  over the network              OTHER links of no known type        -    no way\n";

Colour colour_of(std::string_view kind) {
  if (kind.starts_with("NV") || kind == "XGMI" || kind == "C2C") return Colour::good;
  if (kind == "-") return Colour::bad;
  return kind == "PIX" || kind == "PXB" || kind == "MEM" ? Colour::middling : Colour::far;
}

std::string cell(const Topology& topology, const Paths& paths, const PathTree& tree, NodeIndex to, const Paint& paint) {
  const auto path = tree.to(to);
  if (!path) return paint(colour_of("-"), "-");
  const std::vector<Way> ways = side_by_side(topology, paths.adjacency(), *path);
  const std::string kind = kind_of(topology, ways);
  if (kind == "X") return kind;
  return fmt::format("{} {}", paint(colour_of(kind), kind), text_of(width_of(topology, ways)));
}

std::string domain_of(const Topology& topology, NodeIndex node) {
  while (node != topology::no_node && topology.node(node).kind != NodeKind::numa) node = topology.node(node).parent;
  return node == topology::no_node ? "" : topology.node(node).name;
}

/// The NICs that no other is nearer than.
std::string nearest_nics(const Topology& topology, const PathTree& tree, const std::vector<NodeIndex>& devices,
                         const std::vector<std::string>& names) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (topology.node(devices[i]).kind != NodeKind::nic || !tree.reaches(devices[i])) continue;
    const std::uint64_t distance = tree.distance(devices[i]);
    if (distance < least) nearest.clear();
    if (distance <= least) nearest.push_back(names[i]);
    least = std::min(least, distance);
  }
  return fmt::format("{}", fmt::join(nearest, " "));
}

Table matrix(const Topology& topology, const Paths& paths, const std::vector<NodeIndex>& devices, bool in_one_host,
             const Paint& paint) {
  std::vector<std::string> names;
  for (const NodeIndex device : devices)
    names.push_back(in_one_host ? topology.node(device).name : name_of(topology, device));
  Table table{{{""}}};
  table.rows[0].insert(table.rows[0].end(), names.begin(), names.end());
  table.rows[0].insert(table.rows[0].end(), {"NUMA", "nearest NIC"});
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const PathTree tree = paths.nearest_from(devices[i], devices);
    std::vector<std::string> row{names[i]};
    for (const NodeIndex other : devices) row.push_back(cell(topology, paths, tree, other, paint));
    row.push_back(domain_of(topology, devices[i]));
    if (topology.node(devices[i]).kind != NodeKind::nic) row.push_back(nearest_nics(topology, tree, devices, names));
    table.rows.push_back(std::move(row));
  }
  return table;
}

using Hosts = std::vector<std::vector<NodeIndex>>;

/// The devices host by host; one that lies in no host is alone.
Hosts by_host(const Topology& topology, const std::vector<NodeIndex>& devices) {
  std::map<NodeIndex, std::size_t> known;
  Hosts hosts;
  for (const NodeIndex device : devices) {
    const NodeIndex host = topology::host_of(topology.nodes(), device);
    const bool is_new = host == topology::no_node || known.try_emplace(host, hosts.size()).second;
    if (is_new) hosts.emplace_back();
    hosts[host == topology::no_node ? hosts.size() - 1 : known[host]].push_back(device);
  }
  return hosts;
}

/// A matrix, and the hosts that have it inside.
using Inside = std::vector<std::pair<std::string, std::vector<std::string>>>;

Inside matrices_inside(const Topology& topology, const Paths& paths, const Hosts& hosts, const Paint& paint) {
  Inside kinds;
  for (const auto& devices : hosts) {
    if (devices.size() < 2) continue;
    std::string text = matrix(topology, paths, devices, true, paint).text_within(most_columns);
    auto kind = std::ranges::find(kinds, text, [](const auto& of) { return of.first; });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {std::move(text), {}});
    kind->second.push_back(topology.node(topology::host_of(topology.nodes(), devices.front())).name);
  }
  return kinds;
}

std::string text_inside(const Inside& kinds) {
  std::string text;
  for (const auto& [inside, names] : kinds) {
    const std::string more = names.size() == 1 ? "" : fmt::format(", and {} more like it", names.size() - 1);
    text += fmt::format("Inside {}{}\n{}\n", names.front(), more, inside);
  }
  return text;
}

std::string text_between(const Topology& topology, const Paths& paths, const Hosts& hosts, const Paint& paint) {
  std::vector<std::tuple<std::string, std::string, std::size_t>> kinds;  // of ways, the first of each, their number
  for (std::size_t i = 0; i + 1 < hosts.size(); ++i) {
    const NodeIndex from = hosts[i].front(), to = hosts[i + 1].front();
    const std::string way = cell(topology, paths, paths.nearest_from(from, std::vector{to}), to, paint);
    const auto known = std::ranges::find(kinds, way, [](const auto& kind) { return std::get<0>(kind); });
    if (known == kinds.end())
      kinds.emplace_back(way, fmt::format("{} - {}", name_of(topology, from), name_of(topology, to)), 1);
    else
      ++std::get<2>(*known);
  }
  std::string text = "Between hosts (only the first device of each to that of the next; --explain shows other ways)\n";
  for (const auto& [way, first, count] : kinds)
    text += fmt::format("{}: {}{}\n", first, way, count == 1 ? "" : fmt::format(", and {} more like it", count - 1));
  return text;
}

/// Hosts that no link ends at and that have NICs: these are the devices.
std::vector<bool> hosts_of_nics_alone(const Topology& topology) {
  std::vector<bool> found(topology.nodes().size());
  for (NodeIndex i = 0; i < found.size(); ++i) {
    const NodeIndex host = topology::host_of(topology.nodes(), i);
    if (topology.node(i).kind == NodeKind::nic && host != topology::no_node) found[host] = true;
  }
  for (const topology::Link& link : topology.links()) found[link.from] = found[link.to] = false;
  return found;
}

std::string framed(const Topology& topology, const std::string& matrices) {
  return contents_of(topology) + "\n\n" + matrices + memory_text(topology) + std::string(legend);
}

}  // namespace

std::vector<NodeIndex> devices_of(const Topology& topology) {
  const auto has = [&](NodeKind kind) {
    return std::ranges::any_of(topology.nodes(), [&](const topology::Node& node) { return node.kind == kind; });
  };
  const NodeKind wanted = has(NodeKind::gpu) ? NodeKind::gpu : has(NodeKind::numa) ? NodeKind::numa : NodeKind::host;
  const std::vector<bool> spoken_for = hosts_of_nics_alone(topology);
  std::vector<NodeIndex> devices;
  for (const NodeKind kind : {wanted, NodeKind::nic})
    for (NodeIndex i = 0; i < topology.nodes().size(); ++i)
      if (topology.node(i).kind == kind && !spoken_for[i]) devices.push_back(i);
  return devices;
}

std::string matrix_text(const Topology& topology, const Paint& paint) {
  const Paths paths(topology);
  const std::vector<NodeIndex> devices = devices_of(topology);
  const Hosts hosts = by_host(topology, devices);
  std::string whole;
  if (devices.size() <= most_in_one) {
    const Table table = matrix(topology, paths, devices, hosts.size() == 1, paint);
    whole = table.text_within(most_columns);
    if (hosts.size() == 1 || shown_width(table.text()) <= most_columns) return framed(topology, whole);
  }
  const Inside inside = matrices_inside(topology, paths, hosts, paint);
  const bool are_alike = std::ranges::any_of(inside, [](const auto& kind) { return kind.second.size() > 1; });
  if (!whole.empty() && !are_alike) return framed(topology, whole);
  return framed(topology, text_inside(inside) + (hosts.size() > 1 ? text_between(topology, paths, hosts, paint) : ""));
}

}  // namespace treering::topo
