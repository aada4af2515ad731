#include <algorithm>
#include <charconv>
#include <string_view>

#include "topology/discovery/platform.hpp"

namespace treering::topology {
namespace {

/// What stands behind a name, and so many words more, in a file of lines such as "MemTotal:  131899128 kB".
std::string_view word_behind(std::string_view text, std::string_view name, int words = 0) {
  const std::size_t line = text.starts_with(name) ? 0 : text.find("\n" + std::string(name)) + 1;
  if (line == 0 && !text.starts_with(name)) return {};
  std::string_view found;
  for (std::size_t at = line + name.size(); words >= 0; --words) {
    const std::size_t word = text.find_first_not_of(" \t", at);
    if (word == std::string_view::npos) return {};
    at = std::min(text.find_first_of(" \t\n", word), text.size());
    found = text.substr(word, at - word);
  }
  return found;
}

/// CAP_IPC_LOCK, which root has: no limit holds then.
bool may_lock_all(std::string_view status) {
  constexpr unsigned ipc_lock = 14;
  const std::string_view text = word_behind(status, "CapEff:");
  std::uint64_t capabilities = 0;
  std::from_chars(text.data(), text.data() + text.size(), capabilities, 16);
  return capabilities >> ipc_lock & 1;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

std::vector<HostFact> setting_facts(const SystemFiles& files) {
  constexpr std::size_t most_bytes = 16 << 10;
  std::vector<HostFact> facts;
  const auto say = [&](const char* name, std::string value) {
    facts.push_back({settings_origin, name, std::move(value)});
  };
  const std::string memory = files.text("proc/meminfo", most_bytes).value_or("");
  if (const std::uint64_t kib = number(word_behind(memory, "MemTotal:")); kib > 0)
    say(memory_name, std::to_string(1024 * kib));
  const std::string limits = files.text("proc/self/limits", most_bytes).value_or("");
  const std::string_view memlock = word_behind(limits, "Max locked memory");
  if (may_lock_all(files.text("proc/self/status", most_bytes).value_or("")))
    say(memlock_name, std::string(unlimited_text));
  else if (memlock == unlimited_text || number(memlock) > 0 || memlock == "0")
    say(memlock_name, std::string(memlock));
  // The soft limit is no limit: ranks raise theirs to the hard one.
  const std::string_view open_files = word_behind(limits, "Max open files", 1);
  if (open_files == unlimited_text || number(open_files) > 0) say(files_name, std::string(open_files));
  if (const auto space = files.space("dev/shm"); space && space->bytes > 0) {  // 0: as much as there is memory
    say(shm_name, std::to_string(space->bytes));
    if (space->free_bytes < space->bytes / 2) say(shm_free_name, std::to_string(space->free_bytes));
  }
  if (const auto balancing = files.number("proc/sys/kernel/numa_balancing"))
    say(balancing_name, std::to_string(*balancing));
  return facts;
}

}  // namespace treering::topology
