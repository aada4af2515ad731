#include "transports/verbs/port.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

namespace treering::verbs {
namespace {

bool is_ipv4(const Gid& gid) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(mapped.begin(), mapped.end(), gid.begin());
}
bool is_link_local(const Gid& gid) {
  return gid[0] == 0xfe && (gid[1] & 0xc0) == 0x80;
}

}  // namespace

std::string Port::text() const {
  return fmt::format("{} port {}", device, number);
}

bool is_listed(std::string_view list, std::string_view device, std::uint8_t port) {
  const bool excludes = list.starts_with('^');
  if (excludes) list.remove_prefix(1);
  const bool exactly = list.starts_with('=');
  if (exactly) list.remove_prefix(1);
  if (list.empty()) return true;
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), entry.size() + 1));
    const std::size_t colon = entry.find(':');
    const std::string_view name = entry.substr(0, colon);
    const bool right_port = colon == std::string_view::npos || entry.substr(colon + 1) == std::to_string(port);
    if (right_port && !name.empty() && (exactly ? device == name : device.starts_with(name))) return !excludes;
  }
  return excludes;
}

Addresses choose_addresses(const std::vector<GidEntry>& entries, bool named) {
  Addresses chosen;
  for (const GidEntry& entry : entries) {
    if (is_link_local(entry.gid) && !named) continue;
    std::optional<GidEntry>& of_family = is_ipv4(entry.gid) ? chosen.ipv4 : chosen.ipv6;
    if (!of_family || entry.index < of_family->index) of_family = entry;
  }
  return chosen;
}

std::string text_of(const Gid& gid) {
  char text[INET6_ADDRSTRLEN];
  const bool four = is_ipv4(gid);
  return ::inet_ntop(four ? AF_INET : AF_INET6, gid.data() + (four ? 12 : 0), text, sizeof text) ? text : "?";
}

}  // namespace treering::verbs
