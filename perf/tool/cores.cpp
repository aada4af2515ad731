#include "cores.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

namespace treering::perf {
namespace {

Apart apart_here() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> processors;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor)
    if (CPU_ISSET(processor, &set)) processors.push_back(processor);
  return apart(processors, "/sys/devices/system/cpu");
}

}  // namespace

Apart apart(const std::vector<int>& processors, const std::string& folder) {
  std::map<std::string, int> threads;        // met of each core
  std::vector<std::pair<int, int>> by_turn;  // which thread of its core; the processor
  for (const int processor : processors) {
    std::string core;
    std::getline(std::ifstream(folder + "/cpu" + std::to_string(processor) + "/topology/thread_siblings_list"), core);
    by_turn.emplace_back(core.empty() ? 0 : threads[core]++, processor);
  }
  std::ranges::sort(by_turn);
  Apart found;
  for (const auto& [turn, processor] : by_turn) {
    found.processors.push_back(processor);
    found.cores += turn == 0;
  }
  return found;
}

int cores_here() {
  return std::max(1, static_cast<int>(apart_here().processors.size()));
}

int cores_apart_here() {
  return std::max(1, apart_here().cores);
}

void keep_cores(int cores) {
  cpu_set_t kept;
  CPU_ZERO(&kept);
  const std::vector<int> processors = apart_here().processors;
  for (std::size_t k = 0; k < processors.size() && k < static_cast<std::size_t>(cores); ++k)
    CPU_SET(static_cast<std::size_t>(processors[k]), &kept);
  sched_setaffinity(0, sizeof kept, &kept);
}

}  // namespace treering::perf
