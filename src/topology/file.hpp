// Files that are read whole, up to a bound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// All bytes of a file or pipe. Fails (Code::system_error) where it cannot be read, and (Code::invalid_argument) where
/// it has more than `most_bytes`, of which no more are read.
Result<std::string> file_bytes(const std::string& path, std::uint64_t most_bytes = Limits().file_bytes);

/// "cluster.json:17: problem": the line, from 1, in which byte `offset` of the text lies.
std::string at_line(std::string_view file, std::string_view text, std::size_t offset, std::string_view problem);

}  // namespace treering::topology
