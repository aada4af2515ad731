#include "communicator/arrangement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
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
  std::string name;    ///< as the options have it
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

struct HostPlace {
  std::int32_t place;
  std::uint32_t declared_mbits;
};

/// Of this process: where hosts stand in the largest job that has met by this topology.
struct KnownPlaces {
  std::mutex mutex;
  std::string topology;  ///< as the options name it
  std::map<BootId, HostPlace> hosts;
};
KnownPlaces& known_places() {
  static KnownPlaces& places = *new KnownPlaces;  // the service thread may outlive main()
  return places;
}

/// False: this process has not been in a job of all these hosts.
bool place_as_known(const std::string& topology, Roster& roster) {
  KnownPlaces& known = known_places();
  const std::scoped_lock lock(known.mutex);
  const auto is_known = [&](const Member& member) { return known.hosts.contains(member.boot); };
  if (known.topology != topology || !std::ranges::all_of(roster, is_known)) return false;
  for (Member& member : roster) {
    const HostPlace& place = known.hosts.at(member.boot);
    member.place = place.place;
    member.declared_mbits = place.declared_mbits;
  }
  return true;
}

/// The node of each host of the job; none: the topology is not about this communicator.
Result<std::vector<NodeIndex>> nodes_of(const Given& given, const std::vector<std::string>& names) {
  if (!given.is_description) return hosts_by_name(*given.topology, names, given.source);
  // Nobody's hosts: they are the job's, in order.
  std::vector<NodeIndex> described = hosts_of(*given.topology);
  if (described.size() == names.size()) return described;
  const std::string counts =
      fmt::format("{} describes {} hosts (this communicator is on {})", given.source, described.size(), names.size());
  if (described.size() < names.size())
    return Error{Code::invalid_usage, counts + " describe all hosts of the job, or leave it out"};
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
  // A part of a job has the order of the whole, without the file and in whatever order its own ranks are.
  if ((given.is_description || !given.topology) && place_as_known(given.name, roster)) return {};
  auto nodes = given.topology ? nodes_of(given, names_of(roster, hosts))
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
  auto given = std::make_shared<const Given>(Given{.name = options.topology,
                                                   .source = fmt::format("{}={}", variable, options.topology),
                                                   .is_description = topology::is_description(options.topology),
                                                   .is_nccls = options.topology_is_nccls,
                                                   .topology = topology::network_from(options.topology)});
  return [given](Roster& roster) { return arrange(*given, roster); };
}

void remember_places(const Options& options, const Roster& roster) {
  if (!is_placed(roster)) return;
  std::map<BootId, HostPlace> hosts;
  for (const Member& member : roster) hosts.try_emplace(member.boot, HostPlace{member.place, member.declared_mbits});
  KnownPlaces& known = known_places();
  const std::scoped_lock lock(known.mutex);
  if (known.topology == options.topology && hosts.size() <= known.hosts.size()) return;
  known.topology = options.topology;
  known.hosts = std::move(hosts);
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
