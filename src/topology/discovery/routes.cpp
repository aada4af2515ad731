#include "topology/discovery/routes.hpp"

#include <charconv>
#include <sstream>
#include <string_view>
#include <vector>

namespace treering::topology {
namespace {

constexpr std::size_t table_bytes = 1 << 20;
constexpr unsigned up = 0x1;         // RTF_UP
constexpr unsigned refused = 0x200;  // RTF_REJECT: a route to nowhere

/// The words of each line.
std::vector<std::vector<std::string>> table(const SystemFiles& files, const std::string& path) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream text(files.text(path, table_bytes).value_or(""));
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    lines.emplace_back();
    for (std::string word; words >> word;) lines.back().push_back(std::move(word));
  }
  return lines;
}

bool is_zero(std::string_view digits) {
  return !digits.empty() && digits.find_first_not_of('0') == std::string_view::npos;
}

bool is_used(std::string_view flags) {
  unsigned bits = 0;
  const auto [end, problem] = std::from_chars(flags.data(), flags.data() + flags.size(), bits, 16);
  return problem == std::errc() && end == flags.data() + flags.size() && (bits & up) != 0 && (bits & refused) == 0;
}

}  // namespace

DefaultRoutes default_routes(const SystemFiles& files) {
  DefaultRoutes routes;
  // Interface, destination, gateway, flags, references, use, metric, mask, ..
  for (const auto& words : table(files, "proc/net/route")) {
    if (words.size() >= 8 && is_zero(words[1]) && is_zero(words[7]) && is_used(words[3])) routes.ipv4.insert(words[0]);
  }
  // Destination, its prefix, source, its prefix, next hop, metric, references, use, flags, interface
  for (const auto& words : table(files, "proc/net/ipv6_route")) {
    if (words.size() >= 10 && is_zero(words[0]) && is_zero(words[1]) && is_used(words[8])) routes.ipv6.insert(words[9]);
  }
  return routes;
}

}  // namespace treering::topology
