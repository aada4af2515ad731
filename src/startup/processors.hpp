// Where this process may run: its processors, and the NUMA domains that they lie in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace treering {

/// Neighbours, as far as two numbers can say it: of several that do not lie together, the lowest and how many.
struct Processors {
  std::int32_t first = 0;
  std::int32_t count = 1;
  std::int32_t first_domain = 0;  ///< where nothing is known, all is one domain
  std::int32_t domains = 1;
};

/// Those that the main thread may run on, whichever thread asks: it has what the launcher bound the process to, while
/// a thread that programs bind to a place of its own speaks for itself alone, and which of them comes first is chance.
/// (All threads together would depend on which have been started by now.) `system`: what is mounted at /sys, for the
/// domains.
Processors own_processors(const std::string& system = "/sys");

/// The numbers in a list as the kernel writes it: "0-3,8,10-11". What is no list has none.
std::vector<std::int32_t> numbers_in(std::string_view list);

}  // namespace treering
