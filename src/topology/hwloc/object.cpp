#include "topology/hwloc/object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "topology/hwloc/pci_device.hpp"
#include "topology/names.hpp"
#include "topology/sound.hpp"

namespace treering::topology {
namespace {

std::string_view type_of(pugi::xml_node object) {
  return object.attribute("type").value();
}

/// Types that are one kind of node whatever surrounds them; the names of versions 1 and 2.
constexpr std::array<std::pair<std::string_view, NodeKind>, 10> kinds{{{"Machine", NodeKind::host},
                                                                       {"Socket", NodeKind::package},
                                                                       {"Package", NodeKind::package},
                                                                       {"NUMANode", NodeKind::numa},
                                                                       {"Group", NodeKind::group},
                                                                       {"Die", NodeKind::group},
                                                                       {"Core", NodeKind::core},
                                                                       {"PU", NodeKind::thread},
                                                                       {"PCIDev", NodeKind::pci_device},
                                                                       {"Bridge", NodeKind::pci_bridge}}};

bool is_pci_bridge(pugi::xml_node object) {
  return type_of(object) == "Bridge" && !is_host_bridge(object);
}

/// The port of a switch that faces the processor: ports that face devices lie below it, and it lies below a root port.
bool is_switch(pugi::xml_node bridge) {
  if (!is_pci_bridge(bridge) || !is_pci_bridge(bridge.parent())) return false;
  const auto below = bridge.children("object");
  return std::count_if(below.begin(), below.end(), is_pci_bridge) >= 2;
}

NodeKind kind_of(pugi::xml_node object) {
  const std::string_view type = type_of(object);
  if (type == "PCIDev") return kind_of_pci_device(object);
  if (type == "Bridge" && is_switch(object)) return NodeKind::pci_switch;
  if (type.ends_with("Cache")) return NodeKind::cache;
  if (type == "OSDev" && osdev_type(object) == OsDeviceType::network) {
    return type_of(object.parent()) == "PCIDev" ? NodeKind::port : NodeKind::nic;
  }
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& entry) { return entry.first == type; });
  return found == kinds.end() ? NodeKind::other : found->second;
}

std::string text_of_info(pugi::xml_node object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const std::string_view value = info_of(object, name); !value.empty()) return std::string(value);
  }
  return "";
}

std::string lowercase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// "l3cache", "l1icache".
std::string cache_name(pugi::xml_node object) {
  const std::string_view type = type_of(object);
  if (type != "Cache") return lowercase(type);
  const std::string_view instructions = std::string_view(object.attribute("cache_type").value()) == "2" ? "i" : "";
  return fmt::format("l{}{}cache", object.attribute("depth").as_uint(), instructions);
}

/// Linux writes '!' for '/' too, where a name becomes a part of a path.
std::string as_name(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '/', '!');
  return name;
}

}  // namespace

std::string_view info_of(pugi::xml_node object, const char* name) {
  return object.find_child_by_attribute("info", "name", name).attribute("value").value();
}

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_host_bridge(pugi::xml_node object) {
  return type_of(object) == "Bridge" && std::string_view(object.attribute("bridge_type").value()).starts_with("0");
}

Figure pci_gbs(pugi::xml_node object) {
  const double gbs = object.attribute("pci_link_speed").as_double();
  return std::isfinite(gbs) && gbs > 0 ? Figure(gbs) : Figure();
}

Node described_node(pugi::xml_node object) {
  Node node{.kind = kind_of(object)};
  node.number = number_in(object.attribute("os_index").value());
  node.pci = pci_address(object.attribute("pci_busid").value());
  switch (node.kind) {
    case NodeKind::host: node.model = text_of_info(object, {"DMIProductName", "PlatformModel"}); break;
    case NodeKind::package: node.model = text_of_info(object, {"CPUModel"}); break;
    case NodeKind::port: node.identity = text_of_info(object, {"Address"}); break;
    case NodeKind::nic: node.identity = text_of_info(object, {"Address"}); [[fallthrough]];
    default:
      if (node.pci) describe_pci_device(object, node);
  }
  return node;
}

NameRequest name_request(pugi::xml_node object, const Node& node) {
  const std::string_view type = type_of(object);
  const auto numbered = [&](std::string_view text) {
    return node.number ? NameRequest{fmt::format("{}{}", text, *node.number), true} : NameRequest{std::string(text)};
  };
  if (type == "OSDev") {
    const std::string name = as_name(object.attribute("name").value());
    return name.empty() ? NameRequest{"device"} : NameRequest{name, true};
  }
  switch (node.kind) {
    case NodeKind::host: {
      const std::string name = as_name(info_of(object, "HostName"));
      return name.empty() ? NameRequest{"host"} : NameRequest{name, true};
    }
    case NodeKind::numa: return numbered("numa");
    case NodeKind::thread: return numbered("thread");
    case NodeKind::cache: return {cache_name(object)};
    case NodeKind::pci_bridge:
    case NodeKind::pci_switch: return {is_host_bridge(object) ? "hostbridge" : "bridge"};
    case NodeKind::pci_device: return node.pci ? NameRequest{"pci" + text_of(*node.pci), true} : NameRequest{"pci"};
    case NodeKind::group:
    case NodeKind::other: return {type.empty() ? "object" : as_name(lowercase(type))};
    default: return {std::string(name_of(node.kind))};
  }
}

}  // namespace treering::topology
