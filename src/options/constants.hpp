// What messages and bytes cost on a host, as it was measured there once: the constants that plans are priced by.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "options/options.hpp"
#include "treering/result.hpp"

namespace treering {

/// Of one kind of wire between two ranks of the host. Each is at most most_ns or most_ps.
struct WireConstants {
  std::uint32_t alpha_ns;            ///< from a send to the receive that waited for it
  std::uint32_t overhead_ns;         ///< processor time of one message at either end
  std::uint32_t shared_overhead_ns;  ///< the same where more ranks than cores take turns
  std::uint32_t wake_ns;             ///< to put another rank on a core, where there are more ranks than cores
  std::uint32_t beta_ps;             ///< one byte into a wire, or out of it
  std::uint32_t far_ps = 0;          ///< beside that, one byte of a buffer that the last cache does not hold
  friend bool operator==(const WireConstants&, const WireConstants&) = default;
};

/// Unless something else is said, those of no host in particular.
struct HostConstants {
  WireConstants shared_memory = {300, 50, 150, 1500, 100, 0};
  WireConstants tcp = {8000, 2000, 2000, 5000, 200, 0};  ///< on the host's own stack
  std::uint32_t gamma_ps = 50;                           ///< reducing one byte of an operand
  std::uint32_t cache_kib = 0;                           ///< of the last cache; 0: it is not known
  friend bool operator==(const HostConstants&, const HostConstants&) = default;

  static constexpr std::uint32_t most_ns = 1'000'000'000, most_ps = 100'000, most_kib = 1 << 30;
  bool is_within_bounds() const;
};

/// No network interface carries more Mbit/s than these: what says so does not know.
inline constexpr std::uint32_t most_mbits = 100'000'000;

/// All of them, in the order in which they travel between ranks.
using HostNumbers = std::array<std::uint32_t, 14>;
HostNumbers numbers_of(const HostConstants& constants);
HostConstants constants_from(const HostNumbers& numbers);

/// Of each constant the larger, of the caches that are known the smaller: as slow as either host.
HostConstants slower_of(const HostConstants& a, const HostConstants& b);

/// The file: JSON, with its format, a version, the host, and every constant by name.
std::string text_of(const HostConstants& constants, std::string_view host);

/// Reads it back on `host`. `file` is its name in messages. Fails (Code::invalid_argument) for anything else, for more
/// than 64 KiB, for another version, for constants that are missing, not whole or out of bounds, and for those of
/// another host, unless the file says that they are any host's: "*".
Result<HostConstants> constants_from(std::string_view text, std::string_view file, std::string_view host);

/// What a host of this name stores them in: TREERING_CONSTANTS, else $XDG_CACHE_HOME/treering/HOST.json, else
/// ~/.cache/treering/HOST.json. Empty where none of these is set, or TREERING_CONSTANTS is `none`.
std::string constants_path(const Options& options, const Lookup& environment, std::string_view host);

/// Those of this host, or the defaults where none are stored. What is stored and cannot be used is said in the log, as
/// a warning. Reads the file at each call.
HostConstants stored_constants();

/// Where this host's are, or would be, stored.
std::string own_constants_path();

/// Could they be stored there now? Makes the folder if need be.
Result<void> check_constants_path(const std::string& path);

/// Replaces the file as a whole, making its folder if need be.
Result<void> store_constants(const HostConstants& constants, const std::string& path);

}  // namespace treering
