#include "transports/verbs/open.hpp"

#include <fmt/format.h>
#include <infiniband/verbs.h>

#include <algorithm>
#include <memory>
#include <span>

#include "transports/mapping.hpp"
#include "transports/verbs/locked_memory.hpp"

namespace treering::verbs {
namespace {

constexpr int most_gids = 256;

/// Mbit/s of one lane at each `active_speed`, times the lanes of `active_width`.
std::uint64_t mbits_of(const ibv_port_attr& port) {
  std::uint64_t lane = 0;
  switch (port.active_speed) {
    case 1: lane = 2'500; break;
    case 2: lane = 5'000; break;
    case 4:
    case 8: lane = 10'000; break;
    case 16: lane = 14'000; break;
    case 32: lane = 25'000; break;
    case 64: lane = 50'000; break;
    case 128: lane = 100'000; break;
    default: return 0;
  }
  switch (port.active_width) {
    case 1: return lane;
    case 2: return 4 * lane;
    case 4: return 8 * lane;
    case 8: return 12 * lane;
    case 16: return 2 * lane;
    default: return 0;
  }
}

std::vector<GidEntry> roce_v2_gids(ibv_context* context, std::uint8_t port) {
  std::vector<ibv_gid_entry> table(most_gids);
  const ssize_t found = ibv_query_gid_table(context, table.data(), table.size(), 0);
  std::vector<GidEntry> entries;
  for (const ibv_gid_entry& entry : std::span(table).first(static_cast<std::size_t>(std::max<ssize_t>(0, found)))) {
    if (entry.port_num != port || entry.gid_type != IBV_GID_TYPE_ROCE_V2 || entry.gid_index >= most_gids) continue;
    GidEntry& added = entries.emplace_back();
    std::copy(std::begin(entry.gid.raw), std::end(entry.gid.raw), added.gid.begin());
    added.index = static_cast<std::uint8_t>(entry.gid_index);
  }
  return entries;
}

/// Fills in how a port is reached. Why it cannot be used, or empty.
std::string find_address(ibv_context* context, const ibv_port_attr& attributes, const Settings& settings, Port& port) {
  if (port.is_infiniband) {
    ibv_gid gid{};
    if (ibv_query_gid(context, port.number, 0, &gid) != 0) return "its GID 0 cannot be read";
    port.lid = attributes.lid;
    port.subnet = be64toh(gid.global.subnet_prefix);
    return attributes.lid == 0 ? "it has no LID: is a subnet manager running?" : "";
  }
  std::vector<GidEntry> entries = roce_v2_gids(context, port.number);
  if (settings.gid_index >= 0) {
    std::erase_if(entries, [&](const GidEntry& entry) { return entry.index != settings.gid_index; });
    if (entries.empty())
      return fmt::format("GID index {} is none of RoCE v2: see show_gids, or leave TREERING_GID_INDEX out",
                         settings.gid_index);
  }
  const Addresses addresses = choose_addresses(entries, settings.gid_index >= 0);
  port.ipv4 = addresses.ipv4;
  port.ipv6 = addresses.ipv6;
  return port.ipv4 || port.ipv6 ? "" : "it has no RoCE v2 address: give its network interface an IP address";
}

/// Every wire locks a window of memory at either end: 1 MiB, for some lanes and peers, both ways. Why that cannot be
/// locked, or empty. Where there is no limit, a page shows whether anything can be.
std::string try_to_lock(ibv_context* context) {
  constexpr std::uint64_t enough = 64 << 20;
  const std::uint64_t bytes = is_locked_memory_limited() ? enough : page_bytes();
  ibv_pd* const domain = ibv_alloc_pd(context);
  auto memory = map_private(bytes);
  ibv_mr* const registered =
      domain && memory ? ibv_reg_mr(domain, memory->first(), bytes, IBV_ACCESS_LOCAL_WRITE) : nullptr;
  const std::string why = registered ? "" : fmt::format("it {}", cannot_lock(bytes));
  if (registered) ibv_dereg_mr(registered);
  if (domain) ibv_dealloc_pd(domain);
  return why;
}

struct CloseDevice {
  void operator()(ibv_context* context) const { ibv_close_device(context); }
};

/// Ports of one device; of those that cannot be used, why.
void add_ports(ibv_device* device, const Settings& settings, std::vector<Port>& ports,
               std::vector<std::string>& refused) {
  const std::string name = ibv_get_device_name(device);
  const std::unique_ptr<ibv_context, CloseDevice> context(ibv_open_device(device));
  ibv_device_attr about{};
  if (!context || ibv_query_device(context.get(), &about) != 0) {
    refused.push_back(name + ": it cannot be opened");
    return;
  }
  for (std::uint8_t number = 1; number <= about.phys_port_cnt; ++number) {
    if (!is_listed(settings.devices, name, number)) continue;
    Port port{.device = name, .number = number};
    ibv_port_attr attributes{};
    std::string why;
    if (ibv_query_port(context.get(), number, &attributes) != 0) {
      why = "it cannot be asked";
    } else if (attributes.state != IBV_PORT_ACTIVE) {
      why = fmt::format("it is {}", ibv_port_state_str(attributes.state));
    } else {
      port.is_infiniband = attributes.link_layer != IBV_LINK_LAYER_ETHERNET;
      port.mtu = static_cast<std::uint8_t>(attributes.active_mtu);
      port.mbits = mbits_of(attributes);
      why = find_address(context.get(), attributes, settings, port);
      if (why.empty()) why = try_to_lock(context.get());
    }
    if (why.empty())
      ports.push_back(std::move(port));
    else
      refused.push_back(fmt::format("{}: {}", port.text(), why));
  }
}

}  // namespace

Result<std::vector<Port>> usable_ports(const Settings& settings) {
  // Before any memory is registered: older kernels give a child of fork() the pages that a device writes to.
  [[maybe_unused]] static const int fork_is_safe = ibv_fork_init();
  int count = 0;
  const std::unique_ptr<ibv_device*[], void (*)(ibv_device**)> devices(ibv_get_device_list(&count),
                                                                       ibv_free_device_list);
  std::vector<Port> ports;
  std::vector<std::string> refused;
  for (int i = 0; devices && i < count; ++i) add_ports(devices[static_cast<std::size_t>(i)], settings, ports, refused);
  std::ranges::sort(ports, [](const Port& a, const Port& b) {
    return std::tuple(b.mbits, a.device, a.number) < std::tuple(a.mbits, b.device, b.number);
  });
  if (ports.empty() && !refused.empty())
    return Error{Code::system_error, fmt::format("no RDMA port can be used ({})", fmt::join(refused, "; "))};
  return ports;
}

}  // namespace treering::verbs
