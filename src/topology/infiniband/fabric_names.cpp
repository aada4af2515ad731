#include "topology/infiniband/fabric_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "topology/sound.hpp"

namespace treering::topology {
namespace {

constexpr std::size_t most_bytes = 200;  // leaves room for GUIDs behind it in Limits::name_bytes

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Bytes of the character that the text begins with; 0 where it begins with none.
std::size_t character_bytes(std::string_view text) {
  for (std::size_t bytes = 1; bytes <= std::min<std::size_t>(4, text.size()); ++bytes) {
    if (is_utf8(text.substr(0, bytes))) return bytes;
  }
  return 0;
}

std::string with_guid(const std::string& name, std::uint64_t guid) {
  return fmt::format("{} ({:#018x})", name, guid);
}

/// Of an adapter, as its description has it: "node7 mlx5_0" lies in node7; others have a host for themselves.
FabricName adapter_name(const FabricDevice& device) {
  const std::string name = name_from(device.description, device.guid);
  const std::size_t space = name.find(' ');
  const bool is_one = space == std::string::npos;
  if (is_one || name.find(' ', space + 1) != std::string::npos || !is_digit(name.back())) {
    return {.host = name, .name = "nic", .is_host_of_its_own = true};
  }
  return {.host = name.substr(0, space), .name = name.substr(space + 1)};
}

/// Aggregation nodes (SHARP) are adapters inside of switches.
bool lies_in_host(const FabricDevice& device) {
  return device.role == FabricRole::adapter && device.description.find("Aggregation Node") == std::string::npos;
}

/// Adapters that are called alike cannot lie in one host: then its name is that of several, and tells none of them.
void part_hosts_of_one_name(std::vector<FabricName>& names) {
  std::unordered_set<std::string> adapters;
  std::unordered_set<std::string> hosts;
  for (const FabricName& name : names) {
    if (!name.host.empty() && !adapters.insert(name.host + '/' + name.name).second) hosts.insert(name.host);
  }
  for (FabricName& name : names) {
    if (hosts.contains(name.host)) name.is_host_of_its_own = true;
  }
}

/// Puts the GUID behind the names that several have.
void make_unique(std::vector<FabricName>& names, const std::vector<FabricDevice>& devices) {
  const auto top = [](FabricName& name) -> std::string& { return name.host.empty() ? name.name : name.host; };
  const auto is_alone = [](const FabricName& name) { return name.host.empty() || name.is_host_of_its_own; };
  std::unordered_map<std::string, int> uses;
  std::unordered_set<std::string> shared_hosts;
  for (FabricName& name : names) {
    if (is_alone(name) || shared_hosts.insert(name.host).second) ++uses[top(name)];
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string& own = top(names[i]);
    if (!is_alone(names[i]) || uses[own] == 1) continue;
    do own = with_guid(own, devices[i].guid);
    while (uses.contains(own));
    uses[own] = 1;
  }
}

}  // namespace

std::string name_from(std::string_view description, std::uint64_t guid) {
  std::string name;
  while (!description.empty() && name.size() + 4 <= most_bytes) {
    const std::size_t bytes = character_bytes(description);
    const char first = description[0];
    const bool is_control = static_cast<unsigned char>(first) < 0x20 || first == 0x7f;
    if (bytes == 0 || is_control) {
      name += '?';
    } else if (first == '/') {
      name += '_';
    } else {
      name += description.substr(0, bytes);
    }
    description.remove_prefix(std::max<std::size_t>(1, bytes));
  }
  const std::size_t end = name.find_last_not_of(' ');
  const std::size_t begin = name.find_first_not_of(' ');
  return end == std::string::npos ? fmt::format("{:#018x}", guid) : name.substr(begin, end + 1 - begin);
}

std::vector<FabricName> names_of(const Fabric& fabric) {
  std::vector<FabricName> names;
  names.reserve(fabric.devices().size());
  for (const FabricDevice& device : fabric.devices()) {
    names.push_back(lies_in_host(device) ? adapter_name(device)
                                         : FabricName{.name = name_from(device.description, device.guid)});
  }
  part_hosts_of_one_name(names);
  make_unique(names, fabric.devices());
  return names;
}

}  // namespace treering::topology
