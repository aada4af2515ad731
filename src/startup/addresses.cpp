#include "startup/addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "startup/interface_rate.hpp"

namespace treering {
namespace {

bool is_link_local(const Address& address) {
  const auto b = [&](std::size_t k) { return std::to_integer<unsigned>(address.bytes[k]); };
  if (address.family == Family::ipv4) return b(0) == 169 && b(1) == 254;
  return b(0) == 0xfe && (b(1) & 0xc0) == 0x80;
}

std::optional<Address> address_of(const sockaddr* from) {
  Address address;
  if (from && from->sa_family == AF_INET) {
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(from)->sin_addr, 4);
    return address;
  }
  if (from && from->sa_family == AF_INET6) {
    address.family = Family::ipv6;
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(from)->sin6_addr, 16);
    return address;
  }
  return std::nullopt;
}

/// Real networks before those that lead nowhere at present, and loopback last. And IPv4 first: where both work it is at
/// least as fast, and shorter in a unique id.
int preference(const Interface& interface, unsigned flags) {
  const bool leads_nowhere = !(flags & IFF_RUNNING) || is_inner_bridge(interface.name);
  const int network = is_loopback(interface.address) ? 4 : leads_nowhere ? 2 : 0;
  return network + (interface.address.family == Family::ipv6 ? 1 : 0);
}

}  // namespace

std::string to_string(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.family == Family::ipv4 ? AF_INET : AF_INET6, address.bytes.data(), text, sizeof text);
  return text;
}

std::string to_string(const Address& address, std::uint16_t port) {
  const std::string text = to_string(address);
  return (address.family == Family::ipv4 ? text : "[" + text + "]") + ":" + std::to_string(port);
}

SocketAddress socket_address(const Address& address, std::uint16_t port) {
  SocketAddress out;
  if (address.family == Family::ipv4) {
    auto& in = reinterpret_cast<sockaddr_in&>(out.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes.data(), 4);
    out.bytes = sizeof in;
  } else {
    auto& in = reinterpret_cast<sockaddr_in6&>(out.storage);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, address.bytes.data(), 16);
    out.bytes = sizeof in;
  }
  return out;
}

bool is_loopback(const Address& address) {
  if (address.family == Family::ipv4) return address.bytes[0] == std::byte{127};
  Address loopback{Family::ipv6, {}};
  loopback.bytes[15] = std::byte{1};
  return address == loopback;
}

std::string networks_text(const std::vector<Address>& addresses, std::uint16_t port) {
  std::string networks, loopbacks;
  for (const Address& address : addresses) {
    std::string& text = is_loopback(address) ? loopbacks : networks;
    text += (text.empty() ? "" : ", ") + to_string(address, port);
  }
  if (!networks.empty()) return networks;
  return loopbacks +
         ", which only its own host can: see its interfaces, TREERING_INTERFACES and "
         "TREERING_ADDRESS_FAMILY";
}

Result<std::vector<Interface>> interfaces() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0)
    return Error{Code::system_error, std::string("the network interfaces cannot be listed (getifaddrs: ") +
                                         std::strerror(errno) + ") check the permissions of this process"};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::vector<std::pair<int, Interface>> found;
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (!(entry->ifa_flags & IFF_UP)) continue;
    const auto address = address_of(entry->ifa_addr);
    if (!address || is_link_local(*address)) continue;
    const Interface interface { entry->ifa_name, *address };
    found.emplace_back(preference(interface, entry->ifa_flags), interface);
  }
  std::ranges::stable_sort(found, {}, &std::pair<int, Interface>::first);
  std::vector<Interface> sorted;
  for (auto& [preference, interface] : found) sorted.push_back(std::move(interface));
  return sorted;
}

bool is_chosen(std::string_view interface_name, std::string_view choice) {
  const bool excludes = choice.starts_with('^');
  if (excludes) choice.remove_prefix(1);
  // "=" may stand before the whole list or before each name.
  const bool all_exact = choice.starts_with('=');
  bool listed = false;
  while (!choice.empty()) {
    const auto comma = std::min(choice.find(','), choice.size());
    std::string_view name = choice.substr(0, comma);
    choice.remove_prefix(std::min(comma + 1, choice.size()));
    const bool exact = all_exact || name.starts_with('=');
    if (name.starts_with('=')) name.remove_prefix(1);
    if (name.empty()) continue;
    listed = listed || (exact ? interface_name == name : interface_name.starts_with(name));
  }
  return listed != excludes;
}

Result<std::vector<Address>> candidates(const std::vector<Interface>& found, std::string_view choice, int family) {
  std::vector<Address> chosen, loopback;
  for (const Interface& interface : found) {
    if (family != 0 && family != static_cast<int>(interface.address.family)) continue;
    if (is_loopback(interface.address))
      loopback.push_back(interface.address);
    else if (choice.empty() || is_chosen(interface.name, choice))
      chosen.push_back(interface.address);
  }
  const bool only_loopback_asked = !choice.empty() && !choice.starts_with('^') && is_chosen("lo", choice);
  if (chosen.empty() && !choice.empty() && !only_loopback_asked) {
    std::string names;
    for (const Interface& interface : found)
      names += (names.empty() ? "" : ", ") + interface.name + " " + to_string(interface.address);
    return Error{Code::invalid_usage, "no network interface matches \"" + std::string(choice) + "\" (there are: " +
                                          names + ") correct TREERING_INTERFACES, or leave it out to offer all"};
  }
  chosen.insert(chosen.end(), loopback.begin(), loopback.end());
  if (chosen.empty())
    return Error{
        Code::system_error,
        "this host has no usable network address (no interface is up) bring up at least the loopback interface"};
  return chosen;
}

}  // namespace treering
