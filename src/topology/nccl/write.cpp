#include <fmt/format.h>

#include <algorithm>

#include "topology/nccl/element.hpp"
#include "topology/nccl/nccl_xml.hpp"
#include "topology/nccl/origins.hpp"
#include "topology/nccl/writing.hpp"
#include "topology/nccl/xml.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

/// What XML cannot hold; empty where there is nothing. Topologies from elsewhere may have any attributes.
std::string problem_of(AttributeRange attributes) {
  for (const Attribute& attribute : attributes) {
    if (!attribute.origin.starts_with("nccl.")) continue;
    const bool is_tag = attribute.origin == other_origin && attribute.name.empty();
    const std::size_t tag = std::string_view("nccl.").size();
    if (!is_xml_name(attribute.origin.substr(tag)) || (is_tag && !is_xml_name(attribute.value)) ||
        (!attribute.name.empty() && !is_xml_name(attribute.name)) || !is_xml_text(attribute.value)) {
      return fmt::format(
          "the attribute '{}' of '{}' is '{}' (XML has names of letters, digits and -_.: and texts "
          "without control characters) correct it or take it out",
          shown(attribute.name), shown(attribute.origin), shown(attribute.value));
    }
  }
  return "";
}

std::string problem_of(const Topology& topology) {
  const auto nodes = topology.nodes();
  if (!was_read(topology.attributes(), system_origin) &&
      std::none_of(nodes.begin(), nodes.end(), [](const Node& node) { return node.kind == NodeKind::host; }))
    return "there is no host (files of NCCL are of the insides of hosts) write it in another format";
  std::string problem = problem_of(topology.attributes());
  for (NodeIndex node = 0; node < nodes.size() && problem.empty(); ++node)
    problem = problem_of(topology.node_attributes(node));
  return problem;
}

}  // namespace

Result<std::string> nccl_xml_of(const Topology& topology) {
  if (std::string problem = problem_of(topology); !problem.empty())
    return Error{Code::invalid_argument, std::move(problem)};
  return text_of(Writing(topology).document());
}

}  // namespace treering::topology
