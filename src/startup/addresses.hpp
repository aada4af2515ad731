// Network addresses of this host: which interfaces there are, and which of them may be used.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "treering/result.hpp"

namespace treering {

enum class Family : std::uint8_t { ipv4 = 4, ipv6 = 6 };

/// An IP address, without a port.
struct Address {
  Family family = Family::ipv4;
  std::array<std::byte, 16> bytes{};  ///< network order; IPv4 uses the first 4, the rest is 0

  std::size_t size() const { return family == Family::ipv4 ? 4 : 16; }
  friend auto operator<=>(const Address&, const Address&) = default;
};

/// "10.0.0.1", "fe80::1".
std::string to_string(const Address& address);
/// "10.0.0.1:4711", "[fe80::1]:4711".
std::string to_string(const Address& address, std::uint16_t port);

/// An address and port in the form that the operating system takes.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};
SocketAddress socket_address(const Address& address, std::uint16_t port);

bool is_loopback(const Address& address);
/// "10.0.0.1:4711, 10.1.0.1:4711": those that others may reach, or the loopback ones with a word about it.
std::string networks_text(const std::vector<Address>& addresses, std::uint16_t port);

struct Interface {
  std::string name;  ///< "eth0"
  Address address;
};

/// Every interface that is up, once per address: first those that lead to other hosts, loopback last. Link-local
/// addresses are left out: they mean nothing without the name of an interface, which differs from host to host.
Result<std::vector<Interface>> interfaces();

/// Which interfaces may be used: "eth,ib" (names that begin so), "=eth0,=eth1" (exactly these), "^docker,veth" (all but
/// these); empty: all but loopback. The syntax of NCCL_SOCKET_IFNAME.
bool is_chosen(std::string_view interface_name, std::string_view choice);

/// The addresses at which this host is offered to others, loopback last. `family`: 0 for both, 4, or 6. An error if an
/// interface was asked for by name and there is none.
Result<std::vector<Address>> candidates(const std::vector<Interface>& found, std::string_view choice, int family);

}  // namespace treering
