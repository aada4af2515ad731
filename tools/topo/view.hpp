// What the tool prints.
#pragma once

#include <string>

#include "tools/topo/command_line.hpp"
#include "tools/topo/paint.hpp"
#include "treering/result.hpp"

namespace treering::topo {

struct Shown {
  std::string text;
  int status = exit_ok;  ///< or exit_found
};

/// Reads the inputs and does what is asked. Fails where an input cannot be read or what is asked cannot be answered.
Result<Shown> shown(const Settings& settings, const Paint& paint);

}  // namespace treering::topo
