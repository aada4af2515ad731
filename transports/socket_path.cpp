#include "transports/socket_path.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace treering {
namespace {

bool is_internet(const sockaddr& address) {
  return address.sa_family == AF_INET || address.sa_family == AF_INET6;
}

const sockaddr& plain(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr&>(address);
}
const in_addr& v4(const sockaddr& address) {
  return reinterpret_cast<const sockaddr_in&>(address).sin_addr;
}
const in6_addr& v6(const sockaddr& address) {
  return reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
}

/// A socket for both families sees IPv4 addresses as "::ffff:10.0.0.1".
void unmap(sockaddr_storage& address) {
  if (address.ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6(plain(address)))) return;
  sockaddr_in plain_v4{};
  plain_v4.sin_family = AF_INET;
  plain_v4.sin_port = reinterpret_cast<const sockaddr_in6&>(address).sin6_port;
  std::memcpy(&plain_v4.sin_addr, v6(plain(address)).s6_addr + 12, 4);
  address = {};
  std::memcpy(&address, &plain_v4, sizeof plain_v4);
}

bool is_same(const sockaddr& a, const sockaddr& b) {
  if (a.sa_family != b.sa_family) return false;
  if (a.sa_family == AF_INET) return v4(a).s_addr == v4(b).s_addr;
  return a.sa_family == AF_INET6 && std::memcmp(&v6(a), &v6(b), sizeof(in6_addr)) == 0;
}

std::string address_text(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET)
    inet_ntop(AF_INET, &v4(address), text, sizeof text);
  else
    inet_ntop(AF_INET6, &v6(address), text, sizeof text);
  return text;
}

std::string port_text(const sockaddr& address) {
  if (address.sa_family == AF_INET)
    return fmt::format("{}:{}", address_text(address), ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port));
  return fmt::format("[{}]:{}", address_text(address), ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port));
}

/// " on eth0", " on eth0, which has no carrier,"
std::string interface_text(const sockaddr& own) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return "";
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr || !is_same(*entry->ifa_addr, own)) continue;
    const char* const trouble = !(entry->ifa_flags & IFF_UP)        ? ", which is down,"
                                : !(entry->ifa_flags & IFF_RUNNING) ? ", which has no carrier,"
                                                                    : "";
    return fmt::format(" on {}{}", entry->ifa_name, trouble);
  }
  return ", an address that this host has no more,";
}

}  // namespace

bool is_silence(int error) {
  return error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH || error == ENETDOWN || error == EHOSTDOWN;
}

SocketPath::SocketPath(int socket) {
  socklen_t own_bytes = sizeof own_;
  socklen_t peer_bytes = sizeof peer_;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own_), &own_bytes) != 0 ||
      ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer_), &peer_bytes) != 0) {
    own_ = peer_ = {};
    return;
  }
  unmap(own_);
  unmap(peer_);
}

std::string SocketPath::text() const {
  const sockaddr &own = plain(own_), &peer = plain(peer_);
  if (!is_internet(own) || !is_internet(peer)) return "";
  return fmt::format("from {}{} to {}", address_text(own), interface_text(own), port_text(peer));
}

bool SocketPath::is_local() const {
  const sockaddr &own = plain(own_), &peer = plain(peer_);
  if (own.sa_family == AF_INET && peer.sa_family == AF_INET) {
    const auto network = [](const sockaddr& address) { return ntohl(v4(address).s_addr) >> 24; };
    if (network(own) == IN_LOOPBACKNET && network(peer) == IN_LOOPBACKNET) return true;
  }
  return is_internet(own) && is_same(own, peer);
}

bool SocketPath::is_remote() const {
  return is_internet(plain(own_)) && is_internet(plain(peer_)) && !is_local();
}

}  // namespace treering
