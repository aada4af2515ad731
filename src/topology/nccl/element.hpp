// One element as it is written: what was read of it, as far as it still holds.
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "topology/attributes.hpp"

namespace treering::topology {

/// Whether a file said something of that origin.
bool was_read(AttributeRange attributes, std::string_view origin);

class Element {
 public:
  /// Appends an element with the attributes of an origin.
  Element(pugi::xml_node around, const std::string& tag, AttributeRange attributes, std::string_view origin);

  pugi::xml_node xml() const { return xml_; }
  std::string_view text(const char* name) const { return xml_.attribute(name).value(); }

  /// Writes the text, unless what is there `stands`: means the same. An empty text takes the attribute away.
  void say(const char* name, bool stands, const std::string& text);

 private:
  pugi::xml_node xml_;
};

}  // namespace treering::topology
