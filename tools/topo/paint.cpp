#include "tools/topo/paint.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace treering::topo {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string Paint::operator()(Colour colour, std::string_view text) const {
  constexpr std::string_view codes[] = {"32", "36", "33", "31", "1"};
  if (!coloured_) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<int>(colour)], text);
}

bool shows_colours() {
  return isatty(STDOUT_FILENO) != 0 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

}  // namespace treering::topo
