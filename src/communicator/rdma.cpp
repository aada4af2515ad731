#include "communicator/rdma.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "options/log.hpp"
#include "transports/verbs/open.hpp"

namespace treering {
namespace {

bool are_alike(const verbs::Port& a, const verbs::Port& b) {
  return a.mbits == b.mbits && a.is_infiniband == b.is_infiniband && a.subnet == b.subnet &&
         a.ipv4.has_value() == b.ipv4.has_value() && a.ipv6.has_value() == b.ipv6.has_value();
}

}  // namespace

Result<Rdma> find_rdma(const Options& options, Rank rank) {
  const bool is_asked_for = options.transport == "verbs";
  Rdma rdma;
  rdma.settings = {options.rdma_devices, options.gid_index,     options.retry_timeout,
                   options.retry_count,  options.traffic_class, options.service_level};
  if (!is_asked_for && (options.transport != "auto" || !options.rdma)) return rdma;
  auto ports = verbs::usable_ports(rdma.settings);
  if (!ports && is_asked_for) return std::move(ports).error();
  if (!ports) {
    log(LogLevel::warning, rank, fmt::format("RDMA is not used: {}", ports.error().message));
    return rdma;
  }
  if (ports->empty() && is_asked_for)
    return Error{Code::invalid_usage,
                 "no RDMA device (TREERING_TRANSPORT=verbs asks for one, and there is none that TREERING_HCA lets "
                 "through) see `ibv_devices`, or set TREERING_TRANSPORT=auto"};
  rdma.ports = *std::move(ports);
  // Whether each port reaches each other one nobody knows: rails need not be joined. Who names several says so.
  if (options.rdma_devices.empty() && rdma.ports.size() > 1) rdma.ports.resize(1);
  std::erase_if(rdma.ports, [first = rdma.ports.empty() ? verbs::Port() : rdma.ports.front()](const verbs::Port& port) {
    return !are_alike(port, first);
  });
  return rdma;
}

RdmaReach reach_of(const Rdma& rdma) {
  if (rdma.ports.empty()) return {};
  const verbs::Port& port = rdma.ports.front();
  return {.infiniband = port.is_infiniband,
          .subnet = port.subnet,
          .ipv4 = port.ipv4.has_value(),
          .ipv6 = port.ipv6.has_value(),
          .mbits = static_cast<std::uint32_t>(std::min<std::uint64_t>(port.mbits, most_mbits))};
}

const verbs::Port& port_of(const Rdma& rdma, const Roster& roster, Rank rank) {
  const Member& self = roster[static_cast<std::size_t>(rank)];
  const auto before = std::ranges::count_if(
      roster, [&](const Member& other) { return other.rank < rank && may_share_host(other, self); });
  return rdma.ports[static_cast<std::size_t>(before) % rdma.ports.size()];
}

bool all_can_join_by_rdma(const Roster& roster) {
  // A common network is enough, and with two families at most it is needed, too.
  RdmaReach common = roster.front().rdma;
  for (const Member& member : roster) {
    common.infiniband &= member.rdma.infiniband && member.rdma.subnet == common.subnet;
    common.ipv4 &= member.rdma.ipv4;
    common.ipv6 &= member.rdma.ipv6;
  }
  return common.infiniband || common.ipv4 || common.ipv6;
}

}  // namespace treering
