#include "execution/caches.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "execution/pace.hpp"

namespace treering {
namespace {

std::string first_line(const std::string& file) {
  std::string line;
  std::getline(std::ifstream(file) >> std::ws, line);
  return line;
}

/// As the kernel writes it: 32768K.
std::uint64_t bytes_of(const std::string& size) {
  constexpr std::uint64_t most = std::uint64_t{1} << 40;  // what is more is no cache
  std::uint64_t number = 0;
  std::size_t digits = 0;
  for (; digits < size.size() && digits < 12 && size[digits] >= '0' && size[digits] <= '9'; ++digits)
    number = 10 * number + static_cast<std::uint64_t>(size[digits] - '0');
  const std::string unit = size.substr(digits);
  const int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : unit.empty() ? 0 : -1;
  if (shift < 0 || number > most >> shift) return 0;
  return number << shift;
}

/// Processors as the kernel lists them: 0-7,64-71. What is no list adds nothing more.
void add_listed(std::set<int>& processors, const std::string& list) {
  std::istringstream text(list);
  for (int first = 0; text >> first;) {
    int last = first;
    char between = '\0';
    if (text >> between && between == '-' && text >> last) text >> between;
    for (int processor = first; processor <= last && processor < CPU_SETSIZE; ++processor) processors.insert(processor);
    if (!text || between != ',') return;
  }
}

/// 0 is none.
std::uint64_t smaller(std::uint64_t a, std::uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

std::vector<int> processors_here() {
  std::vector<int> processors;
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  for (int processor = 0; processor < CPU_SETSIZE; ++processor)
    if (CPU_ISSET(processor, &set)) processors.push_back(processor);
  return processors;
}

}  // namespace

std::uint64_t bytes_of_own_cache() {
  const long bytes = ::sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? static_cast<std::uint64_t>(bytes) : Pace{}.cache_bytes;
}

std::uint64_t bytes_of_last_cache(const std::vector<int>& processors, const std::string& folder) {
  std::uint64_t least = 0;
  std::set<int> seen;  // whose cache is known: hundreds of processors share a few
  for (const int processor : processors) {
    if (!seen.insert(processor).second) continue;
    const std::string cache = folder + "/cpu" + std::to_string(processor) + "/cache/index3/";
    add_listed(seen, first_line(cache + "shared_cpu_list"));
    if (first_line(cache + "level") == "3") least = smaller(least, bytes_of(first_line(cache + "size")));
  }
  return least;
}

std::uint64_t bytes_of_last_cache() {
  static const std::uint64_t bytes = [] {
    const long said = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
    return smaller(bytes_of_last_cache(processors_here(), "/sys/devices/system/cpu"),
                   said > 0 ? static_cast<std::uint64_t>(said) : 0);
  }();
  return bytes;
}

}  // namespace treering
