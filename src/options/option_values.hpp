// How the values of options are written and shown, and what NCCL's spellings mean here. Pure functions; nothing: cannot
// be read.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options/options.hpp"

namespace treering {

std::string lower_case(std::string_view text);
/// The parts between separators, without blanks around them; empty parts are left out.
std::vector<std::string> parts_of(std::string_view text, char separator);

std::optional<std::uint64_t> parse_number(std::string_view text);
/// "65536", "64KiB", "64k", "1MiB", "1m", "2GiB": powers of 1024.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
/// "512 B", "1536 KiB", "4 MiB": exact where four digits do; else in three figures: "29.5 KiB".
std::string size_text(std::uint64_t bytes);
/// "30", "30s", "1.5s", "500ms", "2min"; a number alone is seconds. At most a year. "none": 0.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::optional<PortRange> parse_ports(std::string_view text);
std::optional<LogLevel> parse_log_level(std::string_view text);

// NCCL's values, in the spelling of ours.

std::optional<std::string> log_level_of_nccl(std::string_view text);
std::optional<std::string> family_of_nccl(std::string_view text);
std::optional<std::string> rdma_of_nccl_disable(std::string_view text);
std::optional<std::string> gid_index_of_nccl(std::string_view text);
std::optional<std::string> window_of_nccl(std::string_view text);
/// "Ring", "tree", "allreduce:tree;broadcast:ring". Lists of several and exclusions leave the choice to the planner.
std::optional<std::string> algorithm_of_nccl(std::string_view text);

/// The name of `known` that a slip of the pen may have meant, or nothing.
std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace treering
