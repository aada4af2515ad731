#include "tools/run/hosts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace treering::run {
namespace {

constexpr int most_slots = 65536;

Error wrong(const std::string& where, const std::string& problem, const std::string& advice) {
  return {Code::invalid_argument, fmt::format("{}: {} {}", where, problem, advice)};
}

Result<int> slots_in(std::string_view digits, const std::string& where) {
  int slots = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), slots);
  if (failed != std::errc() || end != digits.data() + digits.size() || slots < 1 || slots > most_slots)
    return wrong(where, fmt::format("`{}` is no number of ranks (1 to {})", digits, most_slots), "correct it");
  return slots;
}

/// "h1:8", "[fd00::1]:8"; an address of IPv6 without brackets has several colons, and no number.
Result<Host> host_in(std::string_view word, const std::string& where) {
  std::string_view name = word, digits;
  if (word.starts_with('[') && word.find(']') != std::string_view::npos) {
    name = word.substr(1, word.find(']') - 1);
    std::string_view rest = word.substr(word.find(']') + 1);
    if (!rest.empty() && !rest.starts_with(':'))
      return wrong(where, fmt::format("what is `{}`? (behind an address in brackets comes a colon and a number)", word),
                   "write for example [fd00::1]:8");
    digits = rest;
  } else if (std::ranges::count(word, ':') == 1) {
    name = word.substr(0, word.find(':'));
    digits = word.substr(word.find(':'));
  }
  // ssh would take it for an option.
  if (name.empty() || name.starts_with('-'))
    return wrong(where, fmt::format("`{}` names no host (a name is not empty, and begins with no dash)", word),
                 "write for example h1:8");
  if (digits.empty()) return Host{std::string(name), 1};
  const auto slots = slots_in(digits.substr(1), where);
  if (!slots) return slots.error();
  return Host{std::string(name), *slots};
}

void add(std::vector<Host>& hosts, Host host) {
  const auto known = std::ranges::find(hosts, host.name, &Host::name);
  if (known == hosts.end()) {
    hosts.push_back(std::move(host));
  } else {
    known->slots = std::min(known->slots + host.slots, most_slots);
  }
}

Result<Host> host_in_line(std::istringstream words, const std::string& where) {
  std::string word;
  words >> word;
  auto host = host_in(word, where);
  while (host && words >> word) {
    if (word.starts_with("slots=")) {
      const auto slots = slots_in(std::string_view(word).substr(6), where);
      if (!slots) return slots.error();
      host->slots = *slots;
    } else if (!word.starts_with("max_slots=") && !word.starts_with("max-slots=")) {
      return wrong(where, fmt::format("what is `{}`? (behind a host there is slots=NUMBER or nothing)", word),
                   "write for example h1 slots=8");
    }
  }
  return host;
}

}  // namespace

Result<std::vector<Host>> hosts_in_list(std::string_view list) {
  std::vector<Host> hosts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    auto host = host_in(list.substr(at, end - at), "--hosts");
    if (!host) return std::move(host).error();
    add(hosts, *std::move(host));
    at = end + 1;
  }
  return hosts;
}

Result<std::vector<Host>> hosts_in_file(std::string_view text, const std::string& name) {
  std::vector<Host> hosts;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto host = host_in_line(std::istringstream(line), fmt::format("{} line {}", name, number));
    if (!host) return std::move(host).error();
    add(hosts, *std::move(host));
  }
  if (hosts.empty()) return wrong(name, "there are no hosts in it (a line for each is expected)", "add some");
  return hosts;
}

Result<std::vector<Share>> placed(const std::vector<Host>& hosts, int ranks) {
  std::vector<Share> shares;
  int slots = 0;
  for (const Host& host : hosts) slots += host.slots;
  if (ranks > slots)
    return Error{Code::invalid_argument, fmt::format("{} ranks do not fit (the {} have {} slots) give them more, as in "
                                                     "h1:8, or start fewer ranks",
                                                     ranks, hosts.size() == 1 ? "host" : "hosts", slots)};
  int first = 0;
  const int all = ranks == 0 ? slots : ranks;
  for (const Host& host : hosts) {
    const int count = std::min(host.slots, all - first);
    if (count > 0) shares.push_back({host.name, first, count});
    first += count;
  }
  return shares;
}

bool is_here(const std::string& host) {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return host == "localhost" || host == name;
}

}  // namespace treering::run
