#include "topology/discovery/rdma.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "topology/settings.hpp"

namespace treering::topology {
namespace {

constexpr int most_gids = 256;  // looked at; of one port
constexpr std::size_t most_kept_gids = 16;

/// "506b:4b03:003c:eee9"; 0 where it is none.
std::uint64_t guid_in(std::string_view text) {
  std::string digits(text);
  std::erase(digits, ':');
  std::uint64_t guid = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), guid, 16);
  return problem == std::errc() && end == digits.data() + digits.size() ? guid : 0;
}

/// Keeps what the named files of a folder say, where they say something.
void keep(const SystemFiles& files, const std::string& folder, std::initializer_list<const char*> names,
          std::vector<std::pair<std::string, std::string>>& said) {
  for (const char* name : names) {
    if (auto text = files.text(folder + "/" + name); text && !text->empty()) said.emplace_back(name, *std::move(text));
  }
}

/// "4: ACTIVE"
bool is_state(const std::optional<std::string>& text, std::string_view state) {
  return text && std::string_view(*text).ends_with(state);
}

/// "fe80:0000:0000:0000:506b:4b03:003c:eee9": free entries have no second half, and those of RoCE nothing at all.
bool is_set(std::string_view gid) {
  constexpr std::size_t half = 20;
  return gid.substr(std::min(half, gid.size())).find_first_not_of("0:") != std::string_view::npos;
}

/// The first entries of the port's table of addresses that are set.
void keep_gids(const SystemFiles& files, const std::string& folder, RdmaPort& port) {
  std::size_t kept = 0;
  for (int i = 0; i < most_gids && kept < most_kept_gids; ++i) {
    const auto gid = files.text(fmt::format("{}/gids/{}", folder, i));
    if (!gid) return;
    if (!is_set(*gid)) continue;
    const auto type = files.text(fmt::format("{}/gid_attrs/types/{}", folder, i));
    port.said.emplace_back(fmt::format("gid {}", i), type ? *gid + " " + *type : *gid);
    if (port.interface.empty()) {
      port.interface = files.name(fmt::format("{}/gid_attrs/ndevs/{}", folder, i)).value_or("");
    }
    // The lower half of an InfiniBand port's first GID is its GUID (InfiniBand specification, volume 1, 4.1.1).
    if (i == 0 && port.is_infiniband && gid->size() == 39) port.guid = guid_in(std::string_view(*gid).substr(20));
    ++kept;
  }
}

RdmaPort port_of(const SystemFiles& files, const std::string& folder, std::uint16_t number) {
  RdmaPort port{.number = number};
  port.is_active = is_state(files.text(folder + "/state"), "ACTIVE");
  port.is_infiniband = files.text(folder + "/link_layer") == "InfiniBand";
  const RdmaRate rate = rdma_rate(files.text(folder + "/rate").value_or(""), port.is_infiniband);
  port.gbs = rate.gbs;
  port.width = rate.width;
  keep(files, folder, {"state", "phys_state", "link_layer", "rate", "lid", "sm_lid"}, port.said);
  keep_gids(files, folder, port);
  return port;
}

/// The kernel says what is on the cable up to QDR (8b/10b leaves 4/5) and for FDR (14 for 14.0625 Gb/s a lane,
/// 64b/66b), and what is left for data else (ib_core's rate_show; InfiniBand specification, volume 2). Ethernet's
/// speeds come in the same words and mean data.
double share_of_data(std::string_view mode) {
  const auto is_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return mode.find(name) != mode.npos; });
  };
  if (is_one_of({"FDR10", "EDR", "HDR", "NDR", "XDR"})) return 1;
  return is_one_of({"FDR"}) ? 14.0625 / 14 * 64 / 66 : 8.0 / 10;
}

/// Names of ports are their numbers.
std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

RdmaRate rdma_rate(std::string_view text, bool is_infiniband) {
  RdmaRate rate;
  double gbits = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), gbits);
  if (problem != std::errc() || !(gbits > 0 && gbits <= 100'000)) return rate;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(" Gb/sec")) return rate;
  const std::size_t bracket = text.find('(');
  const std::string_view mode = bracket == std::string_view::npos ? "" : text.substr(bracket + 1);
  std::uint16_t lanes = 0;
  if (std::from_chars(mode.data(), mode.data() + mode.size(), lanes).ec == std::errc() && lanes > 0) rate.width = lanes;
  rate.gbs = gbits / 8 * (is_infiniband ? share_of_data(mode) : 1);
  return rate;
}

std::vector<RdmaDevice> rdma_devices(const SystemFiles& files) {
  std::vector<RdmaDevice> devices;
  for (const std::string& name : files.names_in("sys/class/infiniband")) {
    const std::string folder = "sys/class/infiniband/" + name;
    RdmaDevice device{.name = name, .pci = pci_of_device(files, folder), .numa = numa_of_device(files, folder)};
    device.is_hardware = files.exists(folder + "/device");
    device.guid = guid_in(files.text(folder + "/node_guid").value_or(""));
    keep(files, folder, {node_type_name, "fw_ver", "hca_type", "board_id", "node_desc", "sys_image_guid"}, device.said);
    for (const std::string& port : files.names_in(folder + "/ports")) {
      if (const auto number = port_number(port))
        device.ports.push_back(port_of(files, folder + "/ports/" + port, *number));
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace treering::topology
