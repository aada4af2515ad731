// An hwloc file as elements, bounded before it is parsed.
#pragma once

#include <memory>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "topology/hwloc/xml.hpp"
#include "treering/result.hpp"

namespace treering::topology {

/// Refers to the text and the name that it is made of.
class HwlocDocument {
 public:
  /// Fails (Code::invalid_argument) for what is no XML, no topology of hwloc, of a version that is not read, or larger
  /// than the limits.
  static Result<HwlocDocument> parsed(std::string_view text, std::string_view file, const HwlocLimits& limits);

  /// <topology>
  pugi::xml_node topology() const { return document_->document_element(); }

  /// A problem with an element, with file and line.
  Error wrong(pugi::xml_node element, std::string_view problem) const;
  /// One that has no place.
  Error wrong(std::string_view problem) const;

 private:
  HwlocDocument(std::string_view text, std::string_view file) : text_(text), file_(file) {}
  Result<void> check_size(const HwlocLimits& limits) const;
  Result<void> check_version() const;

  std::string_view text_;
  std::string_view file_;
  std::unique_ptr<pugi::xml_document> document_ = std::make_unique<pugi::xml_document>();
};

}  // namespace treering::topology
