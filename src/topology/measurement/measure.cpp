#include "topology/measurement/measure.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "topology/measurement/processors.hpp"

namespace treering::topology {
namespace {

constexpr double giga = 1e9, micro = 1e-6;

/// Cores by the domain that a memory link joins them to, each as the first of its hardware threads that may be used.
struct Host {
  std::map<NodeIndex, Processor> processor;              ///< of cores
  std::map<NodeIndex, std::vector<NodeIndex>> cores;     ///< of domains
  std::map<NodeIndex, std::optional<FarMemory>> memory;  ///< of domains, once it is asked for
};

bool joins(const Topology& topology, const Link& link, NodeKind from, NodeKind to) {
  return link.type == LinkType::memory && topology.node(link.from).kind == from && topology.node(link.to).kind == to;
}

Host host_of(const Topology& topology) {
  Host host;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    const Node& node = topology.node(i);
    if (node.kind != NodeKind::thread || node.parent == no_node || !node.number) continue;
    const auto processor = static_cast<Processor>(*node.number);
    if (may_run_on(processor)) host.processor.try_emplace(node.parent, processor);
  }
  for (const Link& link : topology.links())
    if (joins(topology, link, NodeKind::numa, NodeKind::core) && host.processor.contains(link.to))
      host.cores[link.from].push_back(link.to);
  return host;
}

Processor first_processor(const Host& host, NodeIndex domain) {
  const auto cores = host.cores.find(domain);
  return cores == host.cores.end() ? -1 : host.processor.at(cores->second.front());
}

const FarMemory& memory_of(Host& host, NodeIndex domain) {
  auto& memory = host.memory[domain];
  if (!memory) memory.emplace(first_processor(host, domain));
  return *memory;
}

Figure gbs(double bytes_a_second) {
  return bytes_a_second > 0 ? Figure(bytes_a_second / giga) : Figure();
}

/// `forward` is from the domain to the core: what the core reads.
Capacity core_link(Host& host, NodeIndex domain, NodeIndex core) {
  const Processor processor = host.processor.at(core);
  const auto& neighbours = host.cores.at(domain);
  const auto other = std::ranges::find_if(neighbours, [&](NodeIndex one) { return one != core; });
  const double seconds = other == neighbours.end() ? -1 : flag_seconds(processor, host.processor.at(*other));
  const FarMemory& memory = memory_of(host, domain);
  return {.forward_gbs = gbs(read_rate(processor, memory)),
          .back_gbs = gbs(write_rate(processor, memory)),
          .latency_us = seconds < 0 ? Figure() : Figure(seconds / micro / 2)};
}

/// What is measured goes over the links of both cores too, which are at least as fast.
Capacity domain_link(Host& host, NodeIndex from, NodeIndex to, double ways_to_cores_us) {
  const Processor near = first_processor(host, from), far = first_processor(host, to);
  const double seconds = flag_seconds(near, far);
  return {.forward_gbs = gbs(read_rate(far, memory_of(host, from))),
          .back_gbs = gbs(read_rate(near, memory_of(host, to))),
          .latency_us = seconds < 0 ? Figure() : Figure(std::max(0.0, seconds / micro - ways_to_cores_us))};
}

}  // namespace

Result<void> measure_memory(Topology& topology) {
  Host host = host_of(topology);
  std::map<NodeIndex, double> way_to_core_us;  // of domains
  bool any = false;
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.link(i);
    if (!joins(topology, link, NodeKind::numa, NodeKind::core) || !host.processor.contains(link.to)) continue;
    const Capacity measured = core_link(host, link.from, link.to);
    way_to_core_us.try_emplace(link.from, measured.latency_us.value_or(0));
    if (auto set = topology.set_measured(i, measured); !set) return set;
    any = true;
  }
  if (!any)
    return Error{Code::invalid_argument,
                 "no memory link could be measured (the topology has no core that this process may run on) measure "
                 "the host that this runs on, without binding it to other processors"};
  for (LinkIndex i = 0; i < topology.links().size(); ++i) {
    const Link& link = topology.link(i);
    if (!joins(topology, link, NodeKind::numa, NodeKind::numa)) continue;
    if (!host.cores.contains(link.from) || !host.cores.contains(link.to)) continue;
    const double ways = way_to_core_us[link.from] + way_to_core_us[link.to];
    if (auto set = topology.set_measured(i, domain_link(host, link.from, link.to, ways)); !set) return set;
  }
  return {};
}

}  // namespace treering::topology
