#include <cstdint>
#include <optional>
#include <string_view>

#include "topology/discovery/platform.hpp"
#include "topology/names.hpp"

namespace treering::topology {
namespace {

/// The configuration space of a function (PCI Express Base Specification, 7.5 to 7.7), little-endian.
class Configuration {
 public:
  explicit Configuration(std::string bytes) : bytes_(std::move(bytes)) {}

  /// Others than root get the first 64 bytes.
  bool is_cut_off() const { return bytes_.size() <= 64; }

  /// Where the extended capability of that number begins; 0 where there is none.
  std::size_t extended(std::uint16_t id) const {
    constexpr int most = (4096 - 256) / 8;  // no list of more has an end
    std::size_t at = 256;
    for (int looked_at = 0; looked_at < most && at >= 256 && at + 4 <= bytes_.size(); ++looked_at) {
      if (word(at) == id) return at;
      at = (word(at + 2) >> 4) & 0xffcu;
    }
    return 0;
  }

  /// 0 where it has no such bytes.
  unsigned word(std::size_t at) const {
    if (at + 2 > bytes_.size()) return 0;
    return static_cast<unsigned char>(bytes_[at]) | static_cast<unsigned>(static_cast<unsigned char>(bytes_[at + 1]))
                                                        << 8;
  }

 private:
  std::string bytes_;
};

std::string folder_of(std::string_view address) {
  return "sys/bus/pci/devices/" + std::string(address);
}

/// Requests or completions from below go up although they are for a device below: what Linux switches off for
/// pci=disable_acs_redir is on in the ACS control register (7.7.11.3). Nothing: it cannot be read.
std::optional<bool> redirects(const SystemFiles& files, std::string_view bridge) {
  constexpr std::uint16_t access_control_services = 0x0d;
  constexpr std::size_t control = 6;
  constexpr unsigned request_redirect = 0x04, completion_redirect = 0x08, egress_control = 0x20;
  auto bytes = files.bytes(folder_of(bridge) + "/config");
  if (!bytes) return std::nullopt;
  const Configuration configuration(*std::move(bytes));
  if (configuration.is_cut_off()) return std::nullopt;
  const std::size_t at = configuration.extended(access_control_services);
  if (at == 0) return false;
  return (configuration.word(at + control) & (request_redirect | completion_redirect | egress_control)) != 0;
}

/// Display, network, and processing accelerators (https://pcisig.com, PCI Code and ID Assignment Specification).
bool is_gpu_or_adapter(const SystemFiles& files, const PciAddress& address) {
  const std::uint32_t base = class_at(files, address).value_or(0) >> 16;
  return base == 0x02 || base == 0x03 || base == 0x12;
}

/// Of the bridges on the way from the root to a device; empty where there are none.
std::string acs_above(const SystemFiles& files, const std::string& device) {
  const std::vector<std::string> way = files.way_of(folder_of(device));
  std::string on;
  bool any = false, all_known = true;
  for (std::size_t i = 0; i + 1 < way.size(); ++i) {
    if (!pci_address(way[i])) continue;
    any = true;
    const std::optional<bool> found = redirects(files, way[i]);
    all_known = all_known && found;
    if (found.value_or(false)) on += (on.empty() ? "" : " ") + way[i];
  }
  if (!any || !on.empty()) return on;
  return all_known ? acs_off : acs_unknown;
}

}  // namespace

std::vector<DeviceFact> pci_facts(const SystemFiles& files) {
  std::vector<DeviceFact> facts;
  for (const std::string& name : files.names_in("sys/bus/pci/devices")) {
    const auto address = pci_address(name);
    if (!address || !is_gpu_or_adapter(files, *address)) continue;
    const auto say = [&, device = *address](const char* fact, std::string value) {
      if (!value.empty()) facts.push_back({device, {pci_origin, fact, std::move(value)}});
    };
    say(iommu_name, files.name(folder_of(name) + "/iommu_group/type").value_or(""));
    say(acs_name, acs_above(files, name));
  }
  return facts;
}

}  // namespace treering::topology
