#include "topology/input/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "topology/description.hpp"
#include "topology/file.hpp"
#include "topology/infiniband/ibnetdiscover.hpp"
#include "topology/json.hpp"

namespace treering::topology {
namespace {

constexpr std::size_t start_bytes = 4096;

bool is_json(std::string_view start) {
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && start[first] == '{';
}

bool is_ibnetdiscover(std::string_view start) {
  constexpr std::string_view signs[] = {"DR path slid", "Topology file: generated", "\nvendid=0x", "\nSW ", "\nCA "};
  return start.starts_with("vendid=0x") || start.starts_with("SW ") || start.starts_with("CA ") ||
         std::any_of(std::begin(signs), std::end(signs),
                     [&](std::string_view sign) { return start.find(sign) != std::string_view::npos; });
}

Result<Topology> read_ibnetdiscover(std::string_view text, std::string_view file, const Limits& limits) {
  return topology_from_ibnetdiscover(text, std::string(file), limits);
}

constexpr std::array formats{
    InputFormat{"Treering's JSON", is_json, topology_from_json},
    InputFormat{"what ibnetdiscover prints", is_ibnetdiscover, read_ibnetdiscover},
};

/// Views of nothing would show nothing, and --check would find nothing wrong.
Result<Topology> with_nodes(Result<Topology> topology, std::string_view file) {
  if (!topology || !topology->nodes().empty()) return topology;
  return Error{Code::invalid_argument, fmt::format("there are no nodes in {} (it says nothing of any host or switch) "
                                                   "give another file",
                                                   file)};
}

bool is_xml(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '<';
}

}  // namespace

std::span<const InputFormat> network_formats() {
  return formats;
}

Result<Topology> topology_from_text(std::string_view text, std::string_view file, std::span<const InputFormat> formats,
                                    const Limits& limits) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return Error{Code::invalid_argument, fmt::format("{} is empty (a topology has nodes) write it anew", file)};
  std::string names;
  for (const InputFormat& format : formats) {
    if (format.has(text.substr(0, start_bytes))) return with_nodes(format.read(text, file, limits), file);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", format.name);
  }
  return Error{
      Code::invalid_argument,
      fmt::format("{} has no format that can be read (it does not start like any) give a file of: {}", file, names)};
}

bool is_description(const std::string& input) {
  std::error_code ignored;
  if (std::filesystem::exists(input, ignored)) return false;
  return input.find(' ') != std::string::npos || input.find_first_of("/.") == std::string::npos;
}

Result<Topology> topology_from_description(const std::string& input) {
  auto described = described_topology(input);
  if (described) return described;
  return Error{described.error().code, fmt::format("'{}': no such file, and no description of a topology: {}", input,
                                                   described.error().message)};
}

Result<Topology> network_from(const std::string& input) {
  if (is_description(input)) return topology_from_description(input);
  const auto text = file_bytes(input);
  if (!text) return Error(text.error());
  if (is_xml(*text))
    return Error{Code::invalid_usage,
                 fmt::format("{} is XML (NCCL's and hwloc's say what is in hosts, not how these are connected) give "
                             "Treering's JSON, what ibnetdiscover prints, or a description; `treering-topo --input {} "
                             "--format json` makes JSON of it",
                             input, input)};
  return topology_from_text(*text, input, formats);
}

}  // namespace treering::topology
