// The documents, for tests that hold them to the code.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace treering::test {

/// The text of a file in docs/; empty if it is not there.
inline std::string document(const std::string& name) {
  std::ifstream file(TREERING_DOCS "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace treering::test
