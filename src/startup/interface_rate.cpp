#include "startup/interface_rate.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <vector>

#include "options/constants.hpp"

namespace treering {
namespace {

namespace fs = std::filesystem;

constexpr int deepest = 4;  // a VLAN on a bridge on a bond on adapters

/// Drivers say -1 (also as a number without sign) or 0 for what they do not know, and some refuse to be read.
std::optional<std::uint32_t> told_mbits(const fs::path& folder) {
  std::ifstream file(folder / "speed");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::int64_t mbits = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), mbits);
  if (error != std::errc() || end != line.data() + line.size() || mbits <= 0 || mbits > most_mbits) return std::nullopt;
  return static_cast<std::uint32_t>(mbits);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Names of the interfaces that it stands on.
std::vector<std::string> below(const fs::path& folder) {
  constexpr std::string_view mark = "lower_";
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(mark)) names.push_back(name.substr(mark.size()));
  }
  return names;
}

std::optional<std::uint32_t> mbits_of(const fs::path& interfaces, const std::string& name, int depth) {
  const fs::path folder = interfaces / name;
  if (is_there(folder / "device")) return told_mbits(folder);
  if (depth == deepest) return std::nullopt;
  std::optional<std::uint32_t> fastest;
  for (const std::string& lower : below(folder)) {
    const auto mbits = mbits_of(interfaces, lower, depth + 1);
    if (mbits) fastest = std::max(fastest.value_or(0), *mbits);
  }
  // Of one that is only there in case another fails, the kernel does not count the rate.
  if (fastest && is_there(folder / "bonding")) return std::max(*fastest, told_mbits(folder).value_or(0));
  return fastest;
}

bool stands_on_adapter(const fs::path& interfaces, const std::string& name, int depth) {
  if (is_there(interfaces / name / "device")) return true;
  const auto stands = [&](const std::string& lower) { return stands_on_adapter(interfaces, lower, depth + 1); };
  return depth < deepest && std::ranges::any_of(below(interfaces / name), stands);
}

}  // namespace

std::uint32_t mbits_of_interface(const std::string& name, const std::string& system) {
  return name.empty() ? 0 : mbits_of(fs::path(system) / "class/net", name, 0).value_or(0);
}

bool is_inner_bridge(const std::string& name, const std::string& system) {
  const fs::path interfaces = fs::path(system) / "class/net";
  return is_there(interfaces / name / "bridge") && !stands_on_adapter(interfaces, name, 0);
}

}  // namespace treering
