#include "topology/hwloc/objects.hpp"

#include <fmt/format.h>

#include <sstream>
#include <string_view>
#include <utility>

namespace treering::topology {

std::string xml_of(pugi::xml_node element) {
  std::ostringstream text;
  element.print(text, "", pugi::format_raw);
  return std::move(text).str();
}

Result<void> HwlocObjects::add_all() {
  for (const pugi::xml_node object : document_.topology().children("object")) {
    if (auto added = add(object, no_node, 1); !added) return added;
  }
  if (elements_.empty()) {
    return document_.wrong(document_.topology(),
                           "there is no <object> (a topology has a machine at least) export it "
                           "again: lstopo FILE.xml");
  }
  return {};
}

// Calls itself, as deep as nodes may lie.
Result<void> HwlocObjects::add(pugi::xml_node element, NodeIndex parent, std::uint32_t depth) {
  if (depth > limits_.depth) {
    return document_.wrong(element, fmt::format("objects lie more than {} deep (nodes in nodes are bounded) leave out "
                                                "some that this lies in",
                                                limits_.depth));
  }
  Node node = described_node(element);
  node.parent = parent;
  node.name = free_name(name_request(element, node), parent);
  const bool is_memory = node.kind == NodeKind::numa;
  const NodeIndex index = builder_.add(std::move(node));
  if (builder_.fault()) return document_.wrong(element, *builder_.fault());
  keep_attributes(element, index);
  if (builder_.fault()) return document_.wrong(element, *builder_.fault());

  elements_.push_back(element);
  memory_inside_.push_back({.begin = memory_.size()});
  if (is_memory) memory_.push_back(index);
  if (const auto global = element.attribute("gp_index")) by_global_index_.emplace(global.as_ullong(), index);
  for (const pugi::xml_node object : element.children("object")) {
    if (auto added = add(object, index, depth + 1); !added) return added;
  }
  memory_inside_[index].end = memory_.size();
  return {};
}

/// What was asked for, or with a number behind it: network interfaces may be called "nic0" too.
std::string HwlocObjects::free_name(const NameRequest& request, NodeIndex parent) {
  const NodeIndex host = parent == no_node ? no_node : host_of(builder_.nodes(), parent);
  const std::string scope = host == no_node ? "" : builder_.nodes()[host].name + "/";
  const auto is_free = [&](const std::string& name) { return builder_.find(scope + name) == no_node; };
  if (request.is_whole && is_free(request.text)) return request.text;
  const std::string begin = request.is_whole ? request.text + "-" : request.text;
  std::uint32_t& given = names_given_[scope + begin];
  for (;;) {
    std::string name = fmt::format("{}{}", begin, given++);
    if (is_free(name)) return name;
  }
}

void HwlocObjects::keep_attributes(pugi::xml_node element, NodeIndex node) {
  for (const pugi::xml_attribute attribute : element.attributes()) {
    builder_.annotate_node(node, {"hwloc.object", attribute.name(), attribute.value()});
  }
  for (const pugi::xml_node child : element.children()) {
    const std::string_view name = child.name();
    if (name == "object" || child.type() != pugi::node_element) continue;
    if (name == "info") {
      builder_.annotate_node(node, {"hwloc.info", child.attribute("name").value(), child.attribute("value").value()});
    } else {
      builder_.annotate_node(node, {"hwloc.element", name, xml_of(child)});
    }
  }
}

std::vector<NodeIndex> HwlocObjects::memory_near(NodeIndex node) const {
  const std::vector<Node>& nodes = builder_.nodes();
  NodeIndex around = nodes[node].parent;
  while (around != no_node) {
    const Range inside = memory_inside_[around];
    if (inside.begin < inside.end) return {memory_.begin() + inside.begin, memory_.begin() + inside.end};
    if (nodes[around].kind == NodeKind::host) return {around};
    around = nodes[around].parent;
  }
  return {};
}

NodeIndex HwlocObjects::by_global_index(std::uint64_t index) const {
  const auto found = by_global_index_.find(index);
  return found == by_global_index_.end() ? no_node : found->second;
}

}  // namespace treering::topology
