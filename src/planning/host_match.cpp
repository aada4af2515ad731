#include "planning/host_match.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

#include "planning/host_walk.hpp"

namespace treering {
namespace {

using topology::NodeIndex;
using topology::Topology;

constexpr std::size_t most_named = 4;

std::string lower(std::string_view name) {
  std::string text(name);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

/// Addresses have none, for all their dots.
std::string without_domain(const std::string& name) {
  if (is_address(name)) return name;
  return name.substr(0, name.find('.'));
}

/// "a, b and 3 more".
std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  const std::size_t named = names.size() > most_named ? most_named - 1 : names.size();
  for (std::size_t k = 0; k < named; ++k) text += (k == 0 ? "" : k + 1 == names.size() ? " and " : ", ") + names[k];
  return named == names.size() ? text : fmt::format("{} and {} more", text, names.size() - named);
}

std::vector<std::string> names_of(const Topology& topology, const std::vector<NodeIndex>& nodes) {
  std::vector<std::string> names;
  for (const NodeIndex node : nodes) names.push_back(topology.node(node).name);
  return names;
}

class Index {
 public:
  explicit Index(const Topology& topology) {
    for (const NodeIndex host : hosts_of(topology)) {
      const std::string name = lower(topology.node(host).name);
      exact_[name].push_back(host);
      const std::string short_name = without_domain(name);
      (short_name == name ? short_ : long_)[short_name].push_back(host);
    }
  }

  /// Those that may have this name: one, several or none.
  std::vector<NodeIndex> find(const std::string& any_case) const {
    const std::string name = lower(any_case), short_name = without_domain(name);
    if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
    const auto& others = short_name == name ? long_ : short_;  // two domains are two hosts
    const auto found = others.find(short_name);
    return found == others.end() ? std::vector<NodeIndex>() : found->second;
  }

 private:
  using Hosts = std::unordered_map<std::string, std::vector<NodeIndex>>;
  Hosts exact_;
  Hosts short_, long_;  // without a domain, and with one
};

bool have_one_name(const Topology& topology, const std::vector<NodeIndex>& hosts) {
  const std::string first = lower(topology.node(hosts.front()).name);
  return std::ranges::all_of(hosts, [&](NodeIndex host) { return lower(topology.node(host).name) == first; });
}

Error ambiguous(const std::string& name, const std::vector<NodeIndex>& found, const Topology& topology,
                std::string_view source) {
  const char* const why =
      have_one_name(topology, found)
          ? "(they have the same name) give each host of the topology a name of its own"
          : "(they differ in their domains alone) call the hosts of the job by their full names, or those of the "
            "topology by their short ones";
  return {Code::invalid_usage,
          fmt::format("host {} of this job may be {} of {} {}", name, list_of(names_of(topology, found)), source, why)};
}

Error unknown(const std::vector<std::string>& missing, const Topology& topology, std::string_view source) {
  const std::vector<NodeIndex> there = hosts_of(topology);
  const std::string has = there.empty() ? "it has no hosts" : "it has " + list_of(names_of(topology, there));
  return {Code::invalid_usage,
          fmt::format("{} does not know host{} {} of this job ({}) give a topology of all hosts of the job, by their "
                      "names",
                      source, missing.size() == 1 ? "" : "s", list_of(missing), has)};
}

}  // namespace

Result<std::vector<NodeIndex>> hosts_by_name(const Topology& topology, const std::vector<std::string>& names,
                                             std::string_view source) {
  const Index index(topology);
  std::vector<NodeIndex> hosts;
  std::vector<std::string> missing;
  std::unordered_map<NodeIndex, std::string> taken;
  for (const std::string& name : names) {
    const std::vector<NodeIndex> found = index.find(name);
    if (found.size() > 1) return ambiguous(name, found, topology, source);
    if (found.empty()) {
      missing.push_back(name);
      continue;
    }
    const auto [entry, is_first] = taken.emplace(found.front(), name);
    if (!is_first)
      return Error{Code::invalid_usage,
                   fmt::format("two hosts of this job, {} and {}, are {} of {} (their names do not tell them apart) "
                               "give each host a name of its own",
                               entry->second, name, topology.node(found.front()).name, source)};
    hosts.push_back(found.front());
  }
  if (!missing.empty()) return unknown(missing, topology, source);
  return hosts;
}

}  // namespace treering
