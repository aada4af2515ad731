// The file of a host's constants.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "options/constants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace treering;
  const auto constants = constants_from({reinterpret_cast<const char*>(data), size}, "input", "h");
  if (!constants) return 0;
  const auto again = constants_from(text_of(*constants, "h"), "text", "h");
  if (!constants->is_within_bounds() || !again || *again != *constants) std::abort();
  return 0;
}
