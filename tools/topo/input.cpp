#include "tools/topo/input.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <system_error>

#include "topology/description.hpp"
#include "topology/file.hpp"
#include "topology/json.hpp"

namespace treering::topo {
namespace {

constexpr std::size_t start_bytes = 4096;

bool is_json(std::string_view start) {
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && start[first] == '{';
}

constexpr std::array formats{
    InputFormat{"Treering's JSON", is_json, topology::topology_from_json},
};

/// Would a person call it a file rather than a description?
bool is_path(std::string_view input) {
  return input.find(' ') == std::string_view::npos && input.find_first_of("/.") != std::string_view::npos;
}

}  // namespace

std::span<const InputFormat> input_formats() {
  return formats;
}

Result<Topology> topology_from_text(std::string_view text, std::string_view file, const topology::Limits& limits) {
  std::string names;
  for (const InputFormat& format : formats) {
    if (format.has(text.substr(0, start_bytes))) return format.read(text, file, limits);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", format.name);
  }
  return Error{
      Code::invalid_argument,
      fmt::format("{} has no format that can be read (it does not start like any) give a file of: {}", file, names)};
}

Result<Topology> topology_from(const std::string& input) {
  std::error_code ignored;
  const bool is_standard_input = input == "-";
  if (!is_standard_input && !std::filesystem::exists(input, ignored) && !is_path(input)) {
    auto described = topology::described_topology(input);
    if (described) return described;
    return Error{described.error().code,
                 fmt::format("'{}' is neither a file nor a topology: {}", input, described.error().message)};
  }
  const auto text = topology::file_bytes(is_standard_input ? "/dev/stdin" : input);
  if (!text) return Error(text.error());
  return topology_from_text(*text, is_standard_input ? "standard input" : input);
}

}  // namespace treering::topo
