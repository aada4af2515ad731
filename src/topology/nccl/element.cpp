#include "topology/nccl/element.hpp"

#include <algorithm>

namespace treering::topology {

bool was_read(AttributeRange attributes, std::string_view origin) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const Attribute& attribute) { return attribute.origin == origin; });
}

Element::Element(pugi::xml_node around, const std::string& tag, AttributeRange attributes, std::string_view origin)
    : xml_(around.append_child(tag.c_str())) {
  for (const Attribute& attribute : attributes) {
    if (attribute.origin != origin || attribute.name.empty()) continue;
    xml_.append_attribute(std::string(attribute.name).c_str()).set_value(std::string(attribute.value).c_str());
  }
}

void Element::say(const char* name, bool stands, const std::string& text) {
  if (stands) return;
  if (text.empty()) {
    xml_.remove_attribute(name);
    return;
  }
  pugi::xml_attribute attribute = xml_.attribute(name);
  if (!attribute) attribute = xml_.append_attribute(name);
  attribute.set_value(text.c_str());
}

}  // namespace treering::topology
