// XML as a tree, from texts that nobody vouches for.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "topology/topology.hpp"
#include "treering/result.hpp"

namespace treering::topology {

inline constexpr std::size_t most_xml_bytes = 64 << 20;  // the tree takes up to 20 times as much
inline constexpr int most_xml_attributes = 256;          // of an element

/// A document of one element at the top, of elements and attributes alone: no text, no document type (so no entities of
/// its own), no attribute twice, no control characters. Comments and processing instructions are dropped.
Result<pugi::xml_document> xml_of(std::string_view text, std::string_view file, const Limits& limits);

/// "dump.xml:17: problem", the line being that of the node.
Error xml_error(std::string_view text, std::string_view file, pugi::xml_node where, std::string_view problem);

/// Whether an element or attribute can have that name.
bool is_xml_name(std::string_view name);

/// Whether XML can hold the text: no control characters but white space.
bool is_xml_text(std::string_view text);

/// The document as text.
std::string text_of(const pugi::xml_document& document);

}  // namespace treering::topology
