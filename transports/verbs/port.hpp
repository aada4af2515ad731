// The ports of this host's RDMA devices, and which of their addresses a connection goes by.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace treering::verbs {

/// What users choose; docs/options.md has the names.
struct Settings {
  std::string devices;        ///< "mlx5": names that begin so, "=mlx5_0:1": exactly, "^mlx5_2": all but; empty: all
  int gid_index = -1;         ///< of RoCE; -1: by rule
  std::uint8_t timeout = 18;  ///< a try takes 4.096 us x 2^timeout: 1.07 s
  std::uint8_t retries = 6;   ///< further tries, up to 7. Some devices take 7 for "for ever"
  std::uint8_t traffic_class = 0;  ///< of RoCE: DSCP and ECN
  std::uint8_t service_level = 0;  ///< 0 to 15
};

using Gid = std::array<std::uint8_t, 16>;

/// An address of a RoCE port, and the index by which the device knows it.
struct GidEntry {
  Gid gid{};
  std::uint8_t index = 0;
};

struct Port {
  std::string device;  ///< "mlx5_0"
  std::uint8_t number = 1;
  bool is_infiniband = false;
  std::uint16_t lid = 0;              ///< InfiniBand
  std::uint64_t subnet = 0;           ///< InfiniBand: the prefix of its subnet
  std::uint8_t mtu = 0;               ///< as verbs count: 1 is 256 bytes, 5 is 4096
  std::uint64_t mbits = 0;            ///< Mbit/s
  std::optional<GidEntry> ipv4 = {};  ///< RoCE v2
  std::optional<GidEntry> ipv6 = {};

  /// "mlx5_0 port 1".
  std::string text() const;
};

/// Does "mlx5_0", port 1 belong to the list of Settings::devices?
bool is_listed(std::string_view list, std::string_view device, std::uint8_t port);

/// The global addresses of a RoCE v2 port among all its entries: those of the network rather than link-local ones,
/// which reach no further than a switch, unless one is `named`. The lowest index of each family.
struct Addresses {
  std::optional<GidEntry> ipv4, ipv6;
};
Addresses choose_addresses(const std::vector<GidEntry>& entries, bool named = false);

/// "10.0.0.1", "fd00::1".
std::string text_of(const Gid& gid);

}  // namespace treering::verbs
