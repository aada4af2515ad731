#include "communicator/overview.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

#include "communicator/placement.hpp"
#include "communicator/rank_list.hpp"
#include "options/option_values.hpp"
#include "planning/ranges.hpp"
#include "startup/plain_text.hpp"

namespace treering {
namespace {

std::string line(std::string_view head, std::string_view text) {
  return fmt::format("{:<18}{}\n", head, text);
}

/// Never once: a ring that leaves a host comes back.
std::string hops_text(Rank hops) {
  return hops == 0 ? "no hop of a ring leads from host to host"
                   : fmt::format("a ring leads {} times from host to host", hops);
}

/// "; NUMA 0: 0-3; NUMA 1-2: 4-7" of a host whose ranks are bound to several domains.
std::string domains_text(const Roster& roster, const std::vector<Rank>& ranks) {
  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<Rank>> domains;
  for (const Rank rank : ranks) {
    const Processors& processors = roster[static_cast<std::size_t>(rank)].processors;
    domains[{processors.first_domain, processors.domains}].push_back(rank);
  }
  if (domains.size() == 1) return "";
  std::string text;
  for (const auto& [domain, members] : domains) {
    const auto [first, count] = domain;
    text += fmt::format("; NUMA {}{}: {}", first, count > 1 ? fmt::format("-{}", first + count - 1) : "",
                        rank_list(members));
  }
  return text;
}

std::string host_text(const Roster& roster, const HostOfRoster& host) {
  const auto& [ranks, cores] = host;
  const Member& lowest = roster[static_cast<std::size_t>(ranks.front())];
  return fmt::format("{}: {} rank{} ({}) on {} core{}{}", lowest.host, ranks.size(), ranks.size() == 1 ? "" : "s",
                     rank_list(ranks), cores, cores == 1 ? "" : "s", domains_text(roster, ranks));
}

std::string hosts_text(const Roster& roster) {
  constexpr std::size_t most_lines = 8;
  const auto hosts = hosts_of(roster);
  const std::size_t shown = hosts.size() > most_lines ? most_lines - 1 : hosts.size();
  std::string text;
  std::size_t ranks = 0;
  for (std::size_t k = 0; k < shown; ++k) {
    text += line(k == 0 ? "hosts" : "", host_text(roster, hosts[k]));
    ranks += hosts[k].ranks.size();
  }
  if (shown == hosts.size()) return text;
  return text + line("", fmt::format("and {} more, with {} ranks", hosts.size() - shown, roster.size() - ranks));
}

std::string order_text(const OverviewOf& of) {
  const RankOrder& order = of.plans.order();
  const Rank by_rank = hops_between_hosts(of.roster, {}),
             by_place = hops_between_hosts(of.roster, order_by_place(of.roster));
  if (order.is_rank_order()) {
    const std::string better = by_place < by_rank ? fmt::format(" ({} with TREERING_ORDER=place)", by_place) : "";
    return line("order", "by rank; " + hops_text(by_rank) + better);
  }
  std::vector<Rank> ranks;
  for (Rank k = 0; k < std::ssize(of.roster); ++k) ranks.push_back(order.rank_at(k));
  const std::string before = by_place < by_rank ? fmt::format(" ({} in the order of ranks)", by_rank) : "";
  return line("order", fmt::format("by place, {}; {}{}", rank_list(ranks), hops_text(by_place), before));
}

/// "25 Gbit/s", "2.5 Gbit/s", "100 Mbit/s".
std::string rate_text(std::uint32_t mbits) {
  return mbits < 1000 ? fmt::format("{} Mbit/s", mbits) : fmt::format("{:g} Gbit/s", mbits / 1000.0);
}

/// What the prices of messages between hosts go by.
std::string network_text(const Roster& roster, Reach between) {
  const std::size_t hosts = hosts_of(roster).size();
  if (hosts == 1) return "";
  const PortRate port = port_rate(roster, between);
  const std::string ways = " into each host and out of it, ";
  if (port.slowest == nullptr)
    return line("network", rate_text(assumed_mbits) + ways + "assumed: no interface says its rate");
  std::string others;
  if (const std::size_t silent = hosts - port.hosts_known; silent > 0)
    others = fmt::format("; nobody says it of {} host{}", silent, silent == 1 ? "" : "s");
  const std::string who = port.is_declared          ? "the topology"
                          : between == Reach::verbs ? "RDMA"
                                                    : port.slowest->interface;
  return line("network",
              fmt::format("{}{}as {} says of {}{}", rate_text(port.mbits), ways, who, port.slowest->host, others));
}

/// The hosts as they stand along the network, if that is known: "h0, h1, h3, h2 and 12 more".
std::string topology_text(const OverviewOf& of) {
  constexpr std::size_t most_named = 8;
  const Roster& roster = of.roster;
  if (!is_placed(roster) || of.options.order == "rank") return "";
  std::map<std::int32_t, std::string> names;
  for (const HostOfRoster& host : hosts_of(roster)) {
    const Member& one = roster[static_cast<std::size_t>(host.ranks.front())];
    names[one.place] = one.host;
  }
  std::string text;
  std::size_t named = 0;
  for (const auto& [place, name] : names) {
    if (++named > most_named) break;
    text += (text.empty() ? "" : ", ") + name;
  }
  if (names.size() > most_named) text += fmt::format(" and {} more", names.size() - most_named);
  return line("topology", "rings pass hosts as rank 0 has read that they are connected: " + text);
}

/// "direct to 14 KiB, ring beyond".
std::string choices_text(const Plans& plans, Collective collective) {
  constexpr std::uint64_t element_bytes = 4, most = (std::uint64_t{1} << 30) / element_bytes;
  const auto ranges = choice_ranges(most, [&](std::uint64_t count) -> std::string_view {
    Request request;
    request.collective = collective;
    request.type = DataType::float32;
    request.element_bytes = element_bytes;
    request.count = count;
    const auto row = plans.choice_for(request);
    return row ? (*row)->name : "nothing";
  });
  std::string text;
  for (std::size_t k = 0; k < ranges.size(); ++k) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", ranges[k].algorithm);
    if (k + 1 < ranges.size())
      text += fmt::format(" to {}", size_text((ranges[k + 1].first - 1) * element_bytes));
    else if (k > 0)
      text += " beyond";
  }
  return line(fmt::format("  {}", name_of(collective)), text);
}

std::string prices_text(const HostConstants& constants) {
  if (constants == HostConstants())
    return line("prices", "by the defaults; `treering-perf constants` measures this host");
  const auto wire = [](const WireConstants& one) {
    return fmt::format("{} ns a message, {} ps a byte", one.alpha_ns, one.beta_ps);
  };
  return line("prices",
              fmt::format("as measured: shared memory {}; tcp {}", wire(constants.shared_memory), wire(constants.tcp)));
}

std::string algorithms_text(const OverviewOf& of) {
  using enum Collective;
  std::string text =
      line("algorithms", "of float32, sum; by the bytes of the vector, of a block for reduce-scatter and all-gather");
  for (const Collective collective :
       {all_reduce, broadcast, reduce, reduce_scatter, all_gather, scan, exclusive_scan, barrier})
    text += choices_text(of.plans, collective);
  return text;
}

}  // namespace

std::string overview(const OverviewOf& of) {
  const std::size_t hosts = hosts_of(of.roster).size();
  std::string text = fmt::format("{} rank{}{} on {} host{}, as {} sees it\n", of.roster.size(),
                                 of.roster.size() == 1 ? "" : "s", of.name.empty() ? "" : " of " + plain_line(of.name),
                                 hosts, hosts == 1 ? "" : "s", name_of(of.roster[static_cast<std::size_t>(of.rank)]));
  text += hosts_text(of.roster) + order_text(of) + topology_text(of) + network_text(of.roster, of.links.farthest());
  text += line("transports",
               fmt::format("{}; a window of {} a wire", of.links.describe(), size_text(of.options.window_bytes)));
  return text + prices_text(of.plans.constants()) + algorithms_text(of);
}

}  // namespace treering
