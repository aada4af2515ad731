// What is wrong with a text or figure on its own.
#pragma once

#include <string>
#include <string_view>

#include "topology/link.hpp"

namespace treering::topology {

/// "a bandwidth of -3 GB/s (...) ..."; empty where nothing is wrong.
std::string problem_of(const Capacity& capacity);

/// The first 40 bytes of a text of unknown origin, as a message can show them.
std::string shown(std::string_view text);

bool is_utf8(std::string_view text);

/// UTF-8 of 1 to `limit` bytes without '/' and control characters: can be the name of a node.
bool is_name(std::string_view text, std::size_t limit);

}  // namespace treering::topology
