// What rank 0 says while it works.
#pragma once

#include <string>

namespace treering::perf {

/// Standard output, and a line about what is going on where somebody watches at a terminal. Silent on other ranks.
class Console {
 public:
  explicit Console(bool speaks);
  ~Console() { progress({}); }

  void print(const std::string& text);
  /// Replaces the line before; an empty one takes it away.
  void progress(const std::string& doing);

 private:
  bool speaks_;
  bool watched_;
  bool shown_ = false;
};

}  // namespace treering::perf
