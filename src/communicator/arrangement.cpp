#include "communicator/arrangement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "communicator/placement.hpp"
#include "options/log.hpp"
#include "planning/host_match.hpp"
#include "planning/host_walk.hpp"
#include "topology/input/input.hpp"

namespace treering {
namespace {

using topology::NodeIndex;
using topology::Topology;

struct Given {
  std::string source;  ///< in messages
  bool is_description = false;
  bool is_nccls = false;
  Result<Topology> topology;
};

std::vector<std::string> names_of(const Roster& roster, const std::vector<HostOfRoster>& hosts) {
  std::vector<std::string> names;
  for (const HostOfRoster& host : hosts) names.push_back(roster[static_cast<std::size_t>(host.ranks.front())].host);
  return names;
}

using BootId = std::array<std::byte, 16>;

/// Of this process: the hosts of the largest job that a description was about, in its order.
struct DescribedHosts {
  std::mutex mutex;
  std::vector<BootId> boots;
};
DescribedHosts& described_hosts() {
  static DescribedHosts& hosts = *new DescribedHosts;  // the service thread may outlive main()
  return hosts;
}

std::vector<BootId> boots_of(const Roster& roster) {
  std::vector<BootId> boots;
  for (const HostOfRoster& host : hosts_of(roster))
    boots.push_back(roster[static_cast<std::size_t>(host.ranks.front())].boot);
  return boots;
}

/// The nodes of hosts that are a part of a job; none where this process has not been in the whole.
std::vector<NodeIndex> remembered_nodes(const std::vector<NodeIndex>& described, const Roster& roster) {
  DescribedHosts& all = described_hosts();
  const std::scoped_lock lock(all.mutex);
  std::vector<NodeIndex> nodes;
  if (all.boots.size() != described.size()) return nodes;
  for (const BootId& boot : boots_of(roster)) {
    const auto found = std::ranges::find(all.boots, boot);
    if (found == all.boots.end()) return {};
    nodes.push_back(described[static_cast<std::size_t>(found - all.boots.begin())]);
  }
  return nodes;
}

/// The node of each host of the job; none: the topology is not about this communicator.
Result<std::vector<NodeIndex>> nodes_of(const Given& given, const std::vector<std::string>& names,
                                        const Roster& roster) {
  auto by_name = hosts_by_name(*given.topology, names, given.source);
  if (by_name || !given.is_description) return by_name;
  // Nobody's hosts: they are the job's, in order.
  std::vector<NodeIndex> described = hosts_of(*given.topology);
  if (described.size() == names.size()) return described;
  const std::string counts =
      fmt::format("{} describes {} hosts (this communicator is on {})", given.source, described.size(), names.size());
  if (described.size() < names.size())
    return Error{Code::invalid_usage, counts + " describe all hosts of the job, or leave it out"};
  if (auto nodes = remembered_nodes(described, roster); !nodes.empty()) return nodes;
  log(LogLevel::warning, 0,
      counts +
          " and says nothing of a part of the job: its hosts stand in the order of ranks; a file that names the "
          "hosts is good for parts, too");
  return std::vector<NodeIndex>();
}

void place(const Topology& topology, const std::vector<NodeIndex>& nodes, const std::vector<HostOfRoster>& hosts,
           Roster& roster) {
  std::vector<std::int32_t> places(topology.nodes().size());
  std::int32_t next = 0;
  for (const NodeIndex node : host_walk(topology, nodes)) places[node] = next++;
  const std::vector<std::uint32_t> mbits = port_mbits(topology);
  for (std::size_t host = 0; host < hosts.size(); ++host)
    for (const Rank rank : hosts[host].ranks) {
      Member& member = roster[static_cast<std::size_t>(rank)];
      member.place = places[nodes[host]];
      member.declared_mbits = mbits[nodes[host]];
    }
}

Result<void> arrange(const Given& given, Roster& roster) {
  const auto hosts = hosts_of(roster);
  if (hosts.size() == 1) return {};  // it is about what is between hosts
  auto nodes = given.topology ? nodes_of(given, names_of(roster, hosts), roster)
                              : Result<std::vector<NodeIndex>>(given.topology.error());
  if (nodes) {
    if (!nodes->empty()) place(*given.topology, *nodes, hosts, roster);
    return {};
  }
  const Error& error = nodes.error();
  if (!given.is_nccls)
    return Error{Code::invalid_usage, given.topology ? error.message : "TREERING_TOPOLOGY: " + error.message};
  // NCCL's own files say nothing of the network, and are no mistake.
  const bool is_no_mistake = !given.topology && error.code == Code::invalid_usage;
  log(is_no_mistake ? LogLevel::info : LogLevel::warning, 0, "NCCL_TOPO_FILE is not used: " + error.message);
  return {};
}

}  // namespace

Arrange arrangement(const Options& options) {
  if (options.topology.empty()) return {};
  const char* const variable = options.topology_is_nccls ? "NCCL_TOPO_FILE" : "TREERING_TOPOLOGY";
  auto given = std::make_shared<const Given>(Given{.source = fmt::format("{}={}", variable, options.topology),
                                                   .is_description = topology::is_description(options.topology),
                                                   .is_nccls = options.topology_is_nccls,
                                                   .topology = topology::network_from(options.topology)});
  return [given](Roster& roster) { return arrange(*given, roster); };
}

void remember_described_hosts(const Options& options, const Roster& roster) {
  if (!is_placed(roster) || !topology::is_description(options.topology)) return;
  std::vector<BootId> boots = boots_of(roster);
  DescribedHosts& all = described_hosts();
  const std::scoped_lock lock(all.mutex);
  if (boots.size() > all.boots.size()) all.boots = std::move(boots);
}

std::string topology_decision(const Options& options) {
  constexpr std::size_t longest = 200;
  if (options.topology_is_nccls || options.topology.empty()) return "none";
  if (options.topology.size() <= longest) return options.topology;
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char letter : options.topology) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3u;
  return fmt::format("{}.. ({:016x})", options.topology.substr(0, longest), hash);
}

}  // namespace treering
