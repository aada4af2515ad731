#include "tools/topo/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <system_error>

#ifdef TREERING_TOPO_DISCOVERS
#include "topology/discovery/discover.hpp"
#include "topology/measurement/measure.hpp"
#endif
#include "topology/description.hpp"
#include "topology/file.hpp"
#include "topology/hwloc/xml.hpp"
#include "topology/infiniband/ibnetdiscover.hpp"
#include "topology/json.hpp"
#include "topology/nccl/nccl_xml.hpp"

namespace treering::topo {
namespace {

constexpr std::size_t start_bytes = 4096;

bool is_json(std::string_view start) {
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && start[first] == '{';
}

/// Or a graph of NCCL, which its reader refuses with what it is.
bool is_nccl(std::string_view start) {
  return start.find("<system") != std::string_view::npos || start.find("<graphs") != std::string_view::npos;
}

bool is_ibnetdiscover(std::string_view start) {
  constexpr std::string_view signs[] = {"DR path slid", "Topology file: generated", "\nvendid=0x", "\nSW ", "\nCA "};
  return start.starts_with("vendid=0x") || start.starts_with("SW ") || start.starts_with("CA ") ||
         std::any_of(std::begin(signs), std::end(signs),
                     [&](std::string_view sign) { return start.find(sign) != std::string_view::npos; });
}

Result<Topology> read_ibnetdiscover(std::string_view text, std::string_view file, const topology::Limits& limits) {
  return topology::topology_from_ibnetdiscover(text, std::string(file), limits);
}

bool is_hwloc(std::string_view start) {
  return start.find("<topology") != std::string_view::npos;
}

Result<Topology> read_hwloc(std::string_view text, std::string_view file, const topology::Limits& limits) {
  return topology::topology_from_hwloc_xml(text, file, limits);
}

constexpr std::array formats{
    InputFormat{"Treering's JSON", is_json, topology::topology_from_json},
    InputFormat{"NCCL's XML", is_nccl, topology::topology_from_nccl_xml},
    InputFormat{"hwloc's XML", is_hwloc, read_hwloc},
    InputFormat{"what ibnetdiscover prints", is_ibnetdiscover, read_ibnetdiscover},
};

/// Views of nothing would show nothing, and --check would find nothing wrong.
Result<Topology> with_nodes(Result<Topology> topology, std::string_view file) {
  if (!topology || !topology->nodes().empty()) return topology;
  return Error{Code::invalid_argument, fmt::format("there are no nodes in {} (it says nothing of any host or switch) "
                                                   "give another file",
                                                   file)};
}

/// Would a person call it a file rather than a description?
bool is_path(std::string_view input) {
  return input.find(' ') == std::string_view::npos && input.find_first_of("/.") != std::string_view::npos;
}

#ifndef TREERING_TOPO_DISCOVERS
const Error no_hwloc{
    Code::invalid_usage,
    "hosts cannot be looked at (treering-topo was built without hwloc) install libhwloc-dev and build again, or give a "
    "file or a description: --input 'torus 4x4 50GB/s'"};
#endif

/// Of copies of /proc and /sys. These are files alone: no driver hangs, so what is late is only busy.
Result<Topology> topology_of_copies([[maybe_unused]] const std::string& root) {
#ifdef TREERING_TOPO_DISCOVERS
  return topology::discovered_host({.root = root, .deadline = std::chrono::minutes(1)});
#else
  return no_hwloc;
#endif
}

/// As hwloc-gather-topology packs them.
Result<Topology> topology_of_folder(const std::string& folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder + "/sys", ignored)) return topology_of_copies(folder);
  return Error{Code::invalid_argument,
               fmt::format("{} cannot be read (it is a folder, and there is no copy of a host's "
                           "/sys in it) give a file, or what hwloc-gather-topology packs",
                           folder)};
}

}  // namespace

std::span<const InputFormat> input_formats() {
  return formats;
}

Result<Topology> topology_from_text(std::string_view text, std::string_view file, const topology::Limits& limits) {
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

Result<Topology> topology_of_this_host([[maybe_unused]] bool measured) {
#ifdef TREERING_TOPO_DISCOVERS
  auto host = topology::discovered_host();
  if (!host || !measured) return host;
  if (auto done = topology::measure_memory(*host); !done) return std::move(done).error();
  return host;
#else
  return no_hwloc;
#endif
}

Result<Topology> topology_from(const std::string& input) {
  std::error_code ignored;
  const bool is_standard_input = input == "-";
  if (!is_standard_input && !std::filesystem::exists(input, ignored) && !is_path(input)) {
    auto described = topology::described_topology(input);
    if (described) return described;
    return Error{described.error().code, fmt::format("'{}': no such file, and no description of a topology: {}", input,
                                                     described.error().message)};
  }
  if (std::filesystem::is_directory(input, ignored)) return topology_of_folder(input);
  const auto text = topology::file_bytes(is_standard_input ? "/dev/stdin" : input);
  if (!text) return Error(text.error());
  return topology_from_text(*text, is_standard_input ? "standard input" : input);
}

}  // namespace treering::topo
