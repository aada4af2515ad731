// What the driver of NVIDIA's GPUs says of them; see "This host" in docs/topology.md.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "tools/topo/check_parts.hpp"
#include "tools/topo/words.hpp"
#include "topology/names.hpp"
#include "topology/nvlink.hpp"

namespace treering::topo {
namespace {

using topology::Attribute;
using topology::NodeKind;

/// Empty where the driver says nothing of it.
std::string_view driver_said(const Topology& topology, NodeIndex node, std::string_view name) {
  return said(topology, node, topology::nvml_origin, name);
}

struct NvLinks {
  NodeIndex gpu = topology::no_node;
  unsigned all = 0, down = 0;
  bool on_switch = false;
};

/// Of every GPU that has any and may use them: one that is split (MIG) may not.
std::vector<NvLinks> nvlinks(const Topology& topology) {
  std::vector<bool> on_switch(topology.nodes().size());
  for (const topology::Link& link : topology.links()) {
    if (topology.node(link.to).kind == NodeKind::nvswitch) on_switch[link.from] = true;
    if (topology.node(link.from).kind == NodeKind::nvswitch) on_switch[link.to] = true;
  }
  std::vector<NvLinks> of_gpus;
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    const auto all = static_cast<unsigned>(number_in(driver_said(topology, i, topology::nvlinks_name)));
    const auto down = static_cast<unsigned>(number_in(driver_said(topology, i, topology::nvlinks_down_name)));
    if (topology.node(i).kind != NodeKind::gpu || all == 0 || !driver_said(topology, i, topology::mig_name).empty())
      continue;
    of_gpus.push_back({i, all, down, on_switch[i]});
  }
  return of_gpus;
}

/// GPUs that can be compared: of one host and model.
std::pair<NodeIndex, std::string> sort_of(const Topology& topology, NodeIndex gpu) {
  return {topology::host_of(topology.nodes(), gpu), topology.node(gpu).model};
}

void add(std::vector<Finding>& found, const std::string& gpu, std::string_view state) {
  const std::string why = state == topology::lost_state ? "its driver lost it: it fell off the bus or stopped to answer"
                                                        : fmt::format("its driver says: {}", state);
  found.push_back({Finding::Kind::gpu_state, fmt::format("{} does not work ({})", gpu, why)});
}

}  // namespace

void find_gpu_states(const Topology& topology, std::vector<Finding>& found) {
  for (NodeIndex i = 0; i < topology.nodes().size(); ++i) {
    if (const auto state = driver_said(topology, i, topology::gpu_state_name); !state.empty())
      add(found, name_of(topology, i), state);
    for (const Attribute& attribute : topology.node_attributes(i))
      if (attribute.origin == topology::nvml_origin && attribute.name.starts_with(topology::silent_gpu_prefix))
        add(found, fmt::format("{} of {}", attribute.name, name_of(topology, i)), attribute.value);
    const auto fabric = driver_said(topology, i, topology::fabric_name);
    if (!fabric.empty() && fabric != topology::fabric_completed)
      found.push_back(
          {Finding::Kind::fabric_state,
           fmt::format("{} is not ready (the fabric manager of its NVSwitches: {})", name_of(topology, i), fabric)});
  }
}

/// On NVSwitches all NVLinks of a GPU are in use. Elsewhere boards and bridges leave some unused: of all GPUs alike.
void find_nvlinks_down(const Topology& topology, std::vector<Finding>& found) {
  const std::vector<NvLinks> gpus = nvlinks(topology);
  std::map<std::pair<NodeIndex, std::string>, unsigned> fewest_down;
  for (const NvLinks& gpu : gpus) {
    unsigned& fewest = fewest_down.try_emplace(sort_of(topology, gpu.gpu), gpu.down).first->second;
    fewest = std::min(fewest, gpu.down);
  }
  for (const NvLinks& gpu : gpus) {
    const unsigned usual = gpu.on_switch ? 0 : fewest_down.at(sort_of(topology, gpu.gpu));
    if (gpu.down <= usual) continue;
    found.push_back({Finding::Kind::nvlinks_down,
                     fmt::format("{} of {} NVLinks of {} are down ({})", gpu.down, gpu.all, name_of(topology, gpu.gpu),
                                 gpu.on_switch ? std::string("on NVSwitches all are used")
                                               : fmt::format("{} of a GPU like it", usual))});
  }
}

}  // namespace treering::topo
