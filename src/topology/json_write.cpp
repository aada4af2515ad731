#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "topology/json.hpp"
#include "topology/json_names.hpp"
#include "topology/names.hpp"

namespace treering::topology {
namespace {

using Json = nlohmann::ordered_json;

/// Whole numbers without a fraction, as people write them.
Json json_of(double number) {
  constexpr double exact = 9007199254740992;  // 2^53
  if (number == std::floor(number) && number < exact) return static_cast<std::uint64_t>(number);
  return number;
}

template <class Value>
void put(Json& object, const char* name, const std::optional<Value>& value) {
  if (value) object[name] = *value;
}

void put(Json& object, const char* name, Figure figure) {
  if (figure.is_known()) object[name] = json_of(figure.value());
}

void put(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

void put(Json& object, const char* name, const Capacity& capacity) {
  if (capacity == Capacity()) return;
  Json& member = object[name] = Json::object();
  if (capacity.forward_gbs == capacity.back_gbs) {
    put(member, "gbs", capacity.forward_gbs);
  } else {
    put(member, "forward_gbs", capacity.forward_gbs);
    put(member, "back_gbs", capacity.back_gbs);
  }
  put(member, "latency_us", capacity.latency_us);
}

/// Whether the attributes of origin "json" are what reading members of these names and values makes.
bool are_members(std::span<const Attribute> attributes, std::span<const std::string_view> known) {
  std::set<std::string_view> names;
  for (const Attribute& one : attributes) {
    if (is_known(known, one.name) || !names.insert(one.name).second) return false;
    const Json value = Json::parse(one.value, nullptr, false);
    if (value.is_discarded() || value.dump() != one.value) return false;
  }
  return true;
}

/// Attributes by origin; those that were members become members again. These stand last when they are read, so only
/// where they stand last here.
void put_attributes(Json& object, const AttributeRange& range, std::span<const std::string_view> known) {
  const std::vector<Attribute> attributes(range.begin(), range.end());
  const auto is_json = [](const Attribute& one) { return one.origin == json_origin; };
  auto members = std::find_if(attributes.begin(), attributes.end(), is_json);
  if (!std::all_of(members, attributes.end(), is_json) || !are_members({members, attributes.end()}, known)) {
    members = attributes.end();
  }
  for (auto one = attributes.begin(); one != members; ++one) {
    object["attributes"][std::string(one->origin)].push_back({one->name, one->value});
  }
  for (; members != attributes.end(); ++members) object[std::string(members->name)] = Json::parse(members->value);
}

Json json_of(const Topology& topology, NodeIndex index) {
  const Node& node = topology.node(index);
  Json object;
  object["name"] = node.name;
  object["kind"] = name_of(node.kind);
  if (node.parent != no_node) object["part_of"] = full_name(topology.nodes(), node.parent);
  put(object, "number", node.number);
  if (node.cell != no_cell) object["cell"] = node.cell;
  if (node.pci) object["pci"] = text_of(*node.pci);
  if (node.guid != 0) object["guid"] = fmt::format("{:#018x}", node.guid);
  put(object, "identity", node.identity);
  put(object, "model", node.model);
  put_attributes(object, topology.node_attributes(index), json_node_members);
  return object;
}

Json json_of_link(const Topology& topology, LinkIndex index) {
  const Link& link = topology.link(index);
  Json object;
  object["from"] = full_name(topology.nodes(), link.from);
  object["to"] = full_name(topology.nodes(), link.to);
  object["type"] = name_of(link.type);
  put(object, "count", link.count);
  put(object, "width", link.width);
  put(object, "lane_gts", link.lane_gts);
  put(object, "from_port", link.from_port);
  put(object, "to_port", link.to_port);
  put(object, "declared", link.declared);
  put(object, "measured", link.measured);
  put_attributes(object, topology.link_attributes(index), json_link_members);
  return object;
}

/// A list, one element a line.
void append(std::string& text, const char* name, std::size_t size, auto element) {
  text += fmt::format(",\n\"{}\": [", name);
  for (std::uint32_t i = 0; i < size; ++i) text.append(i == 0 ? "\n" : ",\n").append(element(i).dump());
  text += size == 0 ? "]" : "\n]";
}

}  // namespace

std::string json_of(const Topology& topology) {
  Json head;
  head["format"] = json_format;
  head["version"] = json_version;
  if (topology.grid() != Grid())
    head["grid"] = {{"extents", topology.grid().extents}, {"twisted", topology.grid().twisted}};
  put_attributes(head, topology.attributes(), json_topology_members);

  std::string text = "{";
  for (const auto& [name, value] : head.items()) {
    text += fmt::format("{}\n{}: {}", text.size() == 1 ? "" : ",", Json(name).dump(), value.dump());
  }
  append(text, "nodes", topology.nodes().size(), [&](std::uint32_t i) { return json_of(topology, i); });
  append(text, "links", topology.links().size(), [&](std::uint32_t i) { return json_of_link(topology, i); });
  return text + "\n}\n";
}

}  // namespace treering::topology
