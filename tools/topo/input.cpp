#include "tools/topo/input.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <system_error>
#include <vector>

#ifdef TREERING_TOPO_DISCOVERS
#include "topology/discovery/discover.hpp"
#include "topology/measurement/measure.hpp"
#endif
#include "topology/file.hpp"
#include "topology/hwloc/xml.hpp"
#include "topology/nccl/nccl_xml.hpp"

namespace treering::topo {
namespace {

/// Or a graph of NCCL, which its reader refuses with what it is.
bool is_nccl(std::string_view start) {
  return start.find("<system") != std::string_view::npos || start.find("<graphs") != std::string_view::npos;
}

bool is_hwloc(std::string_view start) {
  return start.find("<topology") != std::string_view::npos;
}

Result<Topology> read_hwloc(std::string_view text, std::string_view file, const topology::Limits& limits) {
  return topology::topology_from_hwloc_xml(text, file, limits);
}

constexpr InputFormat nccl{"NCCL's XML", is_nccl, topology::topology_from_nccl_xml};
constexpr InputFormat hwloc{"hwloc's XML", is_hwloc, read_hwloc};

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
  static const std::vector<InputFormat> formats = [] {
    std::vector<InputFormat> all(topology::network_formats().begin(), topology::network_formats().end());
    // Behind JSON: what XML has in it may look like anything else.
    all.insert(all.begin() + 1, {nccl, hwloc});
    return all;
  }();
  return formats;
}

Result<Topology> topology_from_text(std::string_view text, std::string_view file, const topology::Limits& limits) {
  return topology::topology_from_text(text, file, input_formats(), limits);
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

Result<Topology> topology_of_fabric(const topology::FabricSearch& search) {
  if (!topology::can_ask_fabrics())
    return Error{Code::invalid_usage,
                 "InfiniBand fabrics cannot be asked (treering-topo was built without libibnetdisc) install "
                 "libibnetdisc-dev and build again, or give what ibnetdiscover prints: --input FILE"};
  auto fabric = topology::live_fabric(search);
  if (!fabric || !fabric->nodes().empty()) return fabric;
  return Error{Code::system_error,
               "there is no InfiniBand fabric to ask (this host has no InfiniBand adapter, or no driver for it) run it "
               "on a host that has one, or give what ibnetdiscover prints there: --input FILE"};
}

Result<Topology> topology_from(const std::string& input) {
  std::error_code ignored;
  const bool is_standard_input = input == "-";
  if (!is_standard_input && topology::is_description(input)) return topology::topology_from_description(input);
  if (std::filesystem::is_directory(input, ignored)) return topology_of_folder(input);
  const auto text = topology::file_bytes(is_standard_input ? "/dev/stdin" : input);
  if (!text) return Error(text.error());
  return topology_from_text(*text, is_standard_input ? "standard input" : input);
}

}  // namespace treering::topo
