#include "topology/hwloc/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "topology/file.hpp"
#include "topology/sound.hpp"

namespace treering::topology {

Result<HwlocDocument> HwlocDocument::parsed(std::string_view text, std::string_view file, const HwlocLimits& limits) {
  HwlocDocument document(text, file);
  if (auto fits = document.check_size(limits); !fits) return std::move(fits).error();
  // pugixml knows no entities but the five of XML, and reads no other files.
  const pugi::xml_parse_result read =
      document.document_->load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!read) {
    const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(read.offset, 0));
    return Error{Code::invalid_argument,
                 at_line(file, text, offset, fmt::format("this is no XML ({}) correct it", read.description()))};
  }
  if (auto known = document.check_version(); !known) return std::move(known).error();
  return document;
}

Error HwlocDocument::wrong(pugi::xml_node element, std::string_view problem) const {
  const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(element.offset_debug(), 0));
  return {Code::invalid_argument, at_line(file_, text_, offset, problem)};
}

Error HwlocDocument::wrong(std::string_view problem) const {
  return {Code::invalid_argument, fmt::format("{}: {}", file_, problem)};
}

/// What the parser will need for the text is known from its signs: an element takes a '<', an attribute a '='.
Result<void> HwlocDocument::check_size(const HwlocLimits& limits) const {
  const auto refused = [&](std::string_view what, std::uint64_t most) {
    return wrong(
        fmt::format("there are more than {} {} (files are bounded) leave out what does not matter", most, what));
  };
  if (text_.size() > limits.file_bytes) return refused("bytes", limits.file_bytes);
  std::uint64_t elements = 0, attributes = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    elements += text_[i] == '<' && (i + 1 == text_.size() || text_[i + 1] != '/');
    attributes += text_[i] == '=';
  }
  if (elements > limits.elements) return refused("elements", limits.elements);
  if (attributes > limits.attributes) return refused("attributes", limits.attributes);
  return {};
}

Result<void> HwlocDocument::check_version() const {
  if (std::string_view(topology().name()) != "topology") {
    return wrong(topology(), fmt::format("this is a <{}> (hwloc's files hold a <topology>) read another file",
                                         shown(topology().name())));
  }
  const pugi::xml_attribute attribute = topology().attribute("version");
  if (!attribute) return {};  // before version 2
  const std::string_view version = attribute.value();
  int major = 0;
  const auto [end, problem] = std::from_chars(version.data(), version.data() + version.size(), major);
  const bool is_number = problem == std::errc() && (end == version.data() + version.size() || *end == '.');
  if (is_number && (major == 1 || major == 2)) return {};
  return wrong(topology(), fmt::format("this is hwloc's format {} (formats 1 and 2 are read) export it again: lstopo "
                                       "--export-xml-flags v2 FILE.xml",
                                       shown(version)));
}

}  // namespace treering::topology
