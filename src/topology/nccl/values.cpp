#include "topology/nccl/values.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "topology/pcie.hpp"

namespace treering::topology {
namespace {

template <class Number, class... Base>
std::optional<Number> whole(std::string_view text, Base... base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base...);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_pcie_rate(double gts) {
  for (int generation = 1; generation <= pcie_generations; ++generation) {
    if (pcie_gts(generation) == gts) return true;
  }
  return false;
}

}  // namespace

std::optional<std::uint32_t> number_of(std::string_view text) {
  return whole<std::uint32_t>(text, 10);
}

std::optional<std::uint16_t> small_number_of(std::string_view text) {
  return whole<std::uint16_t>(text, 10);
}

Figure positive_of(std::string_view text) {
  const auto value = whole<double>(text);
  if (!value || !(*value > 0) || *value > std::numeric_limits<double>::max()) return {};
  return *value;
}

std::uint64_t guid_of(std::string_view text) {
  if (!text.starts_with("0x")) return 0;
  return whole<std::uint64_t>(text.substr(2), 16).value_or(0);
}

SlotText slot_of(std::string_view speed, std::string_view width) {
  const std::size_t unit = speed.find(" GT/s");
  if (unit == std::string_view::npos) return {};
  const double gts = positive_of(speed.substr(0, unit)).value_or(0);
  const auto lanes = small_number_of(width);
  constexpr std::uint16_t widths[] = {2, 4, 8, 12, 16, 32};
  if (!is_pcie_rate(gts) || !lanes || std::find(std::begin(widths), std::end(widths), *lanes) == std::end(widths))
    return {};
  return {.lane_gts = gts, .width = lanes};
}

Figure port_gbs_of(std::string_view speed) {
  const double mbs = positive_of(speed).value_or(0);
  if (mbs <= 0 || mbs >= 1e7) return {};
  return mbs / 8000;
}

Figure xgmi_gbs(std::string_view gcn) {
  if (gcn.starts_with("gfx")) gcn.remove_prefix(3);
  if (gcn == "906" || gcn == "908") return 46;
  if (gcn == "910" || gcn == "90a") return 50;
  if (gcn.starts_with("94") && gcn.size() == 3) return 64;
  return {};
}

NodeKind kind_of_class(std::string_view pci_class) {
  if (pci_class.starts_with("0x03") || pci_class.starts_with("0x12")) return NodeKind::gpu;
  if (pci_class.starts_with("0x02")) return NodeKind::nic;
  return pci_class.starts_with("0x0604") ? NodeKind::pci_bridge : NodeKind::pci_device;
}

}  // namespace treering::topology
