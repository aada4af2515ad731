#include "startup/member.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <utility>

#include "startup/encoding.hpp"
#include "startup/interface_rate.hpp"
#include "startup/plain_text.hpp"

namespace treering {
namespace {

constexpr std::size_t longest_host = 64;
constexpr std::size_t longest_path = 107;  // sockaddr_un has 108, with the final zero
constexpr std::size_t most_addresses = 16;
constexpr std::int32_t most_cores = 1 << 16;
constexpr std::size_t longest_interface = 15;  // IFNAMSIZ less the final zero

Rank lowest_bit(Rank rank) {
  return rank & -rank;
}

using Ranges = std::set<std::pair<std::int64_t, std::int64_t>>;  // of processors, [first, end)

void add(Ranges& ranges, const Processors& processors) {
  ranges.emplace(processors.first, std::int64_t{processors.first} + processors.count);
}

Rank cores_in(const Ranges& ranges) {
  std::int64_t cores = 0, end = 0;
  for (const auto& [first, last] : ranges) {
    cores += std::max<std::int64_t>(0, last - std::max(first, end));
    end = std::max(end, last);
  }
  return static_cast<Rank>(std::max<std::int64_t>(1, cores));
}

void encode(const RdmaReach& rdma, Encoder& out) {
  out.number(static_cast<std::uint8_t>(rdma.infiniband | rdma.ipv4 << 1 | rdma.ipv6 << 2));
  out.number(rdma.subnet);
  out.number(rdma.mbits);
}

RdmaReach decode_rdma(Decoder& in) {
  const auto flags = in.number<std::uint8_t>();
  if (flags > 7) in.fail();
  RdmaReach rdma{.infiniband = (flags & 1) != 0, .ipv4 = (flags & 2) != 0, .ipv6 = (flags & 4) != 0};
  rdma.subnet = in.number<std::uint64_t>();
  rdma.mbits = in.number<std::uint32_t>();
  if (rdma.mbits > most_mbits) in.fail();
  return rdma;
}

}  // namespace

std::string name_of(const Member& member) {
  return "rank " + std::to_string(member.rank) + " (host " + member.host + ", pid " + std::to_string(member.pid) + ")";
}

Rank parent_in_tree(Rank rank) {
  return rank == 0 ? nobody : rank - lowest_bit(rank);
}

std::vector<Rank> children_in_tree(Rank rank, Rank ranks) {
  std::vector<Rank> children;
  for (std::int64_t step = 1; rank + step < ranks && (rank == 0 || step < lowest_bit(rank)); step *= 2)
    children.push_back(static_cast<Rank>(rank + step));
  return children;
}

Rank subtree_size(Rank rank, Rank ranks) {
  return rank == 0 ? ranks : std::min(lowest_bit(rank), ranks - rank);
}

Rank next_in_tree(Rank rank, Rank target, Rank ranks) {
  if (target < rank || target >= rank + subtree_size(rank, ranks)) return parent_in_tree(rank);
  // The child whose subtree begins at the highest power of two that is not beyond.
  return rank + static_cast<Rank>(std::bit_floor(static_cast<std::uint32_t>(target - rank)));
}

Rank cores_of_host(const Roster& roster, const Member& member) {
  Ranges ranges;
  for (const Member& other : roster)
    if (may_share_host(member, other)) add(ranges, other.processors);
  return cores_in(ranges);
}

std::vector<HostOfRoster> hosts_of(const Roster& roster) {
  std::map<std::array<std::byte, 16>, std::size_t> numbers;  // by boot id
  std::vector<HostOfRoster> hosts;
  std::vector<Ranges> ranges;
  for (std::size_t rank = 0; rank < roster.size(); ++rank) {
    const Member& member = roster[rank];
    const auto [found, is_new] = numbers.try_emplace(member.boot, hosts.size());
    if (is_new) {
      hosts.emplace_back();
      ranges.emplace_back();
    }
    hosts[found->second].ranks.push_back(static_cast<Rank>(rank));
    add(ranges[found->second], member.processors);
  }
  for (std::size_t host = 0; host < hosts.size(); ++host) hosts[host].cores = cores_in(ranges[host]);
  return hosts;
}

std::uint64_t window_for(const Roster& roster) {
  constexpr std::uint64_t usual = 1 << 20, least = 32 << 10;
  // Of those that are built now, about. Not this machine's (bytes_of_own_cache()): all ranks must come to one window.
  constexpr std::uint64_t cache_of_a_core = 2 << 20;
  std::uint64_t window = usual;
  for (const HostOfRoster& host : hosts_of(roster)) {
    const auto cores = static_cast<std::uint64_t>(host.cores);
    const std::uint64_t ranks = host.ranks.size();
    if (ranks > cores) window = std::min(window, std::bit_floor(cores * cache_of_a_core / (ranks * (ranks - 1))));
  }
  return std::max(window, least);
}

bool can_join_by_rdma(const Member& a, const Member& b) {
  if (a.rdma.infiniband && b.rdma.infiniband) return a.rdma.subnet == b.rdma.subnet;
  return (a.rdma.ipv4 && b.rdma.ipv4) || (a.rdma.ipv6 && b.rdma.ipv6);
}

void encode(const Member& member, Encoder& out) {
  out.number(member.rank);
  out.number(member.pid);
  out.bytes(member.boot);
  out.bytes(member.process);
  out.text(member.host, longest_host);
  out.text(member.socket_path, longest_path);
  out.number(member.port);
  const std::size_t count = std::min(member.addresses.size(), most_addresses);
  out.number(static_cast<std::uint8_t>(count));
  for (const Address& address : std::span(member.addresses).first(count)) {
    out.number(static_cast<std::uint8_t>(address.family));
    out.bytes(std::span(address.bytes).first(address.size()));
  }
  out.number(member.device);
  const Processors& processors = member.processors;
  for (const std::int32_t number : {processors.first, processors.count, processors.first_domain, processors.domains})
    out.number(number);
  for (const std::uint32_t number : numbers_of(member.constants)) out.number(number);
  out.text(member.interface, longest_interface);
  out.number(member.mbits);
  encode(member.rdma, out);
  out.number(member.place);
  out.number(member.declared_mbits);
}

Member decode_member(Decoder& in) {
  Member member;
  member.rank = in.number<Rank>();
  member.pid = in.number<std::int64_t>();
  in.bytes_into(member.boot);
  in.bytes_into(member.process);
  member.host = plain_line(in.text(longest_host));  // goes into messages and what is told
  member.socket_path = in.text(longest_path);
  member.port = in.number<std::uint16_t>();
  const auto count = in.number<std::uint8_t>();
  if (count > most_addresses) in.fail();
  for (int k = 0; k < count && in.ok(); ++k) {
    Address address;
    const auto family = in.number<std::uint8_t>();
    if (family != 4 && family != 6) in.fail();
    address.family = static_cast<Family>(family);
    const auto bytes = in.bytes(in.ok() ? address.size() : 0);
    std::ranges::copy(bytes, address.bytes.begin());
    member.addresses.push_back(address);
  }
  member.device = in.number<std::int32_t>();
  Processors& processors = member.processors;
  for (std::int32_t* number : {&processors.first, &processors.count, &processors.first_domain, &processors.domains})
    *number = in.number<std::int32_t>();
  if (std::min(processors.first, processors.first_domain) < 0 || std::min(processors.count, processors.domains) < 1 ||
      processors.count > most_cores)
    in.fail();
  HostNumbers numbers;
  for (std::uint32_t& number : numbers) number = in.number<std::uint32_t>();
  member.constants = constants_from(numbers);
  if (!member.constants.is_within_bounds()) in.fail();
  member.interface = plain_line(in.text(longest_interface));
  member.mbits = in.number<std::uint32_t>();
  member.rdma = decode_rdma(in);
  member.place = in.number<std::int32_t>();
  member.declared_mbits = in.number<std::uint32_t>();
  if (std::max(member.mbits, member.declared_mbits) > most_mbits || member.place < Member::nowhere) in.fail();
  return member;
}

}  // namespace treering
