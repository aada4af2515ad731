// The native file format: JSON as docs/topology.md and docs/topology.schema.json say. What is written is read back as
// the same value, and members that this version does not know survive.
#pragma once

#include <string>
#include <string_view>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Of the format. Files of another version are refused.
inline constexpr int json_version = 1;

/// The file: one node or link a line, and a newline at the end.
std::string json_of(const Topology& topology);

/// Reads it back. `file` is its name in messages, which read "cluster.json:17: problem (why) what to do". Bounded by
/// `limits`, by 32 levels of nesting, by 1,000 members of an object, and by 1,000,000 values in one node,
/// link or other member (300,000 attributes). Fails with
/// Code::invalid_argument.
Result<Topology> topology_from_json(std::string_view text, std::string_view file, const Limits& limits = {});

}  // namespace treering::topology
