#include "startup/processors.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

namespace treering {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Takes a number off the front of the text.
std::optional<std::int32_t> take_number(std::string_view& text) {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(char letter, std::string_view& text) {
  if (!text.starts_with(letter)) return false;
  text.remove_prefix(1);
  return true;
}

void find_domains(const cpu_set_t& own, const std::string& system, Processors& found) {
  const std::string nodes = system + "/devices/system/node/";
  std::int32_t domains = 0;
  for (const std::int32_t node : numbers_in(first_line(nodes + "online"))) {
    const auto members = numbers_in(first_line(nodes + "node" + std::to_string(node) + "/cpulist"));
    if (std::ranges::none_of(members, [&](std::int32_t one) { return one < CPU_SETSIZE && CPU_ISSET(one, &own); }))
      continue;
    if (domains++ == 0) found.first_domain = node;
  }
  found.domains = std::max(1, domains);
}

}  // namespace

std::vector<std::int32_t> numbers_in(std::string_view list) {
  constexpr std::int32_t most = 1 << 16;
  std::vector<std::int32_t> numbers;
  while (!list.empty()) {
    const auto first = take_number(list);
    const auto last = first && take('-', list) ? take_number(list) : first;
    if (!last || *last < *first || *last >= most || (!list.empty() && !take(',', list))) return {};
    for (std::int32_t number = *first; number <= *last; ++number) numbers.push_back(number);
  }
  return numbers;
}

Processors own_processors(const std::string& system) {
  Processors found;
  cpu_set_t set;
  if (sched_getaffinity(getpid(), sizeof set, &set) != 0) return found;
  found.count = std::max(1, CPU_COUNT(&set));
  while (found.first < CPU_SETSIZE - 1 && !CPU_ISSET(found.first, &set)) ++found.first;
  find_domains(set, system, found);
  return found;
}

}  // namespace treering
