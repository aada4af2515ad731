// Description to text.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "topology/description.hpp"

namespace treering::topology {
namespace {

/// As few digits as tell the number from all others, without an exponent.
std::string digits_of(double number) {
  std::array<char, 400> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, std::chars_format::fixed).ptr;
  return {digits.begin(), end};
}

std::string text_of(const Speed& speed) {
  std::string text;
  if (speed.gbs.is_known()) text += " " + digits_of(speed.gbs.value()) + "GB/s";
  if (speed.latency_us.is_known()) text += " " + digits_of(speed.latency_us.value()) + "us";
  return text;
}

std::string text_of(const Flat& flat, const Speed& speed) {
  return fmt::format("{} hosts{}{}", flat.hosts, text_of(speed), flat.rails ? " on rails" : "");
}

std::string text_of(const Torus& torus, const Speed& speed) {
  return fmt::format("{}torus {}{}", torus.twisted ? "twisted " : "", fmt::join(torus.extents, "x"), text_of(speed));
}

std::string text_of(const FatTree& tree, const Speed& speed) {
  std::string text = fmt::format("fat-tree {} hosts{}{}", tree.hosts, text_of(speed), tree.rails ? " on rails" : "");
  if (tree.levels != FatTree().levels) text += fmt::format(", {} levels", tree.levels);
  if (tree.hosts_per_leaf) text += fmt::format(", leaves of {}", *tree.hosts_per_leaf);
  if (tree.down != 1 || tree.up != 1) text += fmt::format(", oversubscribed {}:{}", tree.down, tree.up);
  return text;
}

std::string text_of(const Dragonfly& dragonfly, const Speed& speed) {
  std::string text = fmt::format("dragonfly {} groups of {} routers of {} hosts{}", dragonfly.groups, dragonfly.routers,
                                 dragonfly.hosts_per_router, text_of(speed));
  const std::string global = text_of(dragonfly.global);
  if (dragonfly.global_links) return text + fmt::format(", {} global{}", *dragonfly.global_links, global);
  return global.empty() ? text : text + ", global" + global;
}

std::string text_of(const Parts& parts, const char* name) {
  constexpr const char* fabrics[] = {"", " nvswitch", " nvlink", " xgmi"};
  std::string text =
      fmt::format("{} {}{}{}", parts.count, name, fabrics[static_cast<int>(parts.fabric)], text_of(parts.speed));
  if (parts.slot) text += fmt::format(" pcie{}", parts.slot->generation);
  if (parts.slot && parts.slot->lanes != Slot().lanes) text += fmt::format("x{}", parts.slot->lanes);
  return text;
}

std::string text_of(const Inside& inside) {
  std::vector<std::string> parts;
  if (inside.numa.count > 0) parts.push_back(text_of(inside.numa, "numa"));
  if (inside.cores.count > 0) parts.push_back(text_of(inside.cores, "cores"));
  if (inside.gpus.count > 0) parts.push_back(text_of(inside.gpus, "gpus"));
  if (inside.nics.count > 0) parts.push_back(text_of(inside.nics, "nics"));
  return fmt::format(" x ({})", fmt::join(parts, ", "));
}

}  // namespace

std::string text_of(const Description& description) {
  const auto network = [&](const auto& one) { return text_of(one, description.speed); };
  return std::visit(network, description.network) + (description.inside ? text_of(*description.inside) : "");
}

}  // namespace treering::topology
