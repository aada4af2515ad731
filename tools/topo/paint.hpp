// Colours, where somebody sees them.
#pragma once

#include <string>
#include <string_view>

namespace treering::topo {

enum class Colour : unsigned char { good, middling, far, bad, strong };

/// Wraps texts in the escape sequences of ECMA-48, or leaves them as they are.
class Paint {
 public:
  explicit Paint(bool coloured) : coloured_(coloured) {}
  std::string operator()(Colour colour, std::string_view text) const;

 private:
  bool coloured_;
};

/// Is the standard output a terminal that shows colours, and NO_COLOR (no-color.org) not set?
bool shows_colours();

}  // namespace treering::topo
