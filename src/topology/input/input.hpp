// Topologies that files and texts of any format describe.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// A file format that can be read.
struct InputFormat {
  std::string_view name;
  /// Does a file that starts like this (all of it, or its first 4 KiB) have the format?
  bool (*has)(std::string_view start);
  /// The topology in the text of a whole file; `file` is its name in messages.
  Result<Topology> (*read)(std::string_view text, std::string_view file, const Limits& limits);
};

/// Those that say how hosts are connected: Treering's JSON, and what ibnetdiscover prints.
std::span<const InputFormat> network_formats();

/// The topology of a text of the first of the formats that it has. Fails for one without nodes.
Result<Topology> topology_from_text(std::string_view text, std::string_view file, std::span<const InputFormat> formats,
                                    const Limits& limits = {});

/// Whether the words describe a topology, rather than name a file: there is no such file, and a person would not call
/// it one.
bool is_description(const std::string& input);

/// The topology of the words, with what they are in messages.
Result<Topology> topology_from_description(const std::string& input);

/// How hosts are connected, as a description says or a file of network_formats(). Fails (Code::invalid_usage) for XML,
/// which says what is in hosts.
Result<Topology> network_from(const std::string& input);

}  // namespace treering::topology
