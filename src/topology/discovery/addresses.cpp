#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "topology/discovery/interfaces.hpp"

namespace treering::topology {
namespace {

int bits_of(const void* mask, std::size_t bytes) {
  const auto* byte = static_cast<const unsigned char*>(mask);
  int bits = 0;
  for (std::size_t i = 0; i < bytes; ++i) bits += std::popcount(byte[i]);
  return bits;
}

/// "192.0.2.2/24"; empty where it is neither IPv4 nor IPv6.
std::string text_of(const sockaddr* address, const sockaddr* mask) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address == nullptr || mask == nullptr) return "";
  if (address->sa_family == AF_INET) {
    const auto& of = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    inet_ntop(AF_INET, &of, text, sizeof text);
    return std::string(text) + "/" +
           std::to_string(bits_of(&reinterpret_cast<const sockaddr_in*>(mask)->sin_addr, sizeof of));
  }
  if (address->sa_family != AF_INET6) return "";
  const auto& of = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  inet_ntop(AF_INET6, &of, text, sizeof text);
  return std::string(text) + "/" +
         std::to_string(bits_of(&reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr, sizeof of));
}

}  // namespace

void add_addresses(std::vector<Interface>& interfaces) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> kept(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const auto of = std::find_if(interfaces.begin(), interfaces.end(),
                                 [&](const Interface& one) { return one.name == entry->ifa_name; });
    if (of == interfaces.end()) continue;
    if (std::string text = text_of(entry->ifa_addr, entry->ifa_netmask); !text.empty()) {
      of->addresses.push_back(std::move(text));
    }
  }
}

}  // namespace treering::topology
