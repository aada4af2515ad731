#include "console.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace treering::perf {

Console::Console(bool speaks) : speaks_(speaks), watched_(speaks && isatty(STDERR_FILENO) && isatty(STDOUT_FILENO)) {}

void Console::print(const std::string& text) {
  if (!speaks_) return;
  progress({});
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Console::progress(const std::string& doing) {
  if (!watched_ || (doing.empty() && !shown_)) return;
  shown_ = !doing.empty();
  fmt::print(stderr, "\r\x1b[K{}", doing);
  std::fflush(stderr);
}

}  // namespace treering::perf
