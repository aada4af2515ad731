#pragma once

#include <string>

namespace treering::perf {

/// "treering-perf 0.1.0".
inline std::string version_text() {
  return "treering-perf " TREERING_VERSION;
}

}  // namespace treering::perf
