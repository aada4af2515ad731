#include "topology/hwloc/xml.hpp"

#include <algorithm>
#include <utility>

#include "topology/builder.hpp"
#include "topology/hwloc/document.hpp"
#include "topology/hwloc/links.hpp"
#include "topology/hwloc/objects.hpp"

namespace treering::topology {
namespace {

/// What the file says of all: its version, distances, kinds of cores, and what later versions add.
void keep_attributes(pugi::xml_node topology, TopologyBuilder& builder) {
  for (const pugi::xml_attribute attribute : topology.attributes()) {
    builder.annotate({"hwloc.topology", attribute.name(), attribute.value()});
  }
  for (const pugi::xml_node child : topology.children()) {
    if (child.type() != pugi::node_element || std::string_view(child.name()) == "object") continue;
    builder.annotate({"hwloc.element", child.name(), xml_of(child)});
  }
}

}  // namespace

Result<Topology> topology_from_hwloc_xml(std::string_view text, std::string_view file, const Limits& limits,
                                         const HwlocLimits& hwloc_limits) {
  auto document = HwlocDocument::parsed(text, file, hwloc_limits);
  if (!document) return std::move(document).error();
  Limits smaller = limits;
  smaller.links = std::min(limits.links, hwloc_limits.links);
  TopologyBuilder builder(smaller);
  HwlocObjects objects(*document, builder, limits);
  if (auto added = objects.add_all(); !added) return std::move(added).error();
  add_links(objects, builder);
  if (auto added = add_gpu_links(*document, objects, hwloc_limits, builder); !added) return std::move(added).error();
  keep_attributes(document->topology(), builder);
  auto topology = std::move(builder).build();
  if (!topology) return document->wrong(topology.error().message);
  return topology;
}

}  // namespace treering::topology
